//! Hexadecimal digits, in the one spelling that is printed: lower case.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a byte is worth as a digit; 0xff for what is none.
const WORTH: [u8; 256] = {
    let mut worth = [0xff; 256];
    let mut value: u8 = 0;
    while value < 16 {
        worth[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    worth
};

/// Writes the digits of `bytes`, two for each, as far as there is room.
pub(crate) fn write(bytes: &[u8], digits: &mut [u8]) {
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
}

/// The bytes of these digits, if they are as many as there are to be and nothing else.
pub(crate) fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    let mut strange = 0;
    for (byte, [upper, lower]) in bytes.iter_mut().zip(pairs) {
        let (upper, lower) = (WORTH[usize::from(*upper)], WORTH[usize::from(*lower)]);
        strange |= upper | lower;
        *byte = upper << 4 | lower & 0xf;
    }
    (strange & 0xf0 == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut digits = [0; 512];
        write(&bytes, &mut digits);
        let text = std::str::from_utf8(&digits).unwrap();
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(read::<256>(text).unwrap()[..], bytes);
        for strange in ["0", "0g", "g0", "A0", "+1", "0102", "", " 1", "é"] {
            assert_eq!(read::<1>(strange), None, "{strange}");
        }
    }
}
