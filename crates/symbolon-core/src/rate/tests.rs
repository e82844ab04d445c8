//! That no window sees more than is stated, whoever asks and however many at once.

use std::sync::atomic::AtomicUsize;
use std::thread;

use proptest::prelude::*;

use super::*;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_800_000_000_000_000 + micros).unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn admits(meter: &Meter, rate: Rate, micros: i64) -> bool {
    matches!(meter.take(rate, at(micros)), Metered::Admitted(_))
}

/// Rates of which several periods go into a test.
fn rates() -> impl Strategy<Value = Rate> {
    (1..60_u32, 1..5_u32, any::<prop::sample::Index>()).prop_map(|(count, seconds, burst)| {
        let most = usize::try_from(count.div_ceil(2)).unwrap();
        let burst = u32::try_from(burst.index(most)).unwrap() + 1;
        Rate::new(count, seconds, Some(burst)).unwrap()
    })
}

/// The most that half-open windows as long as the rate's period see of these moments.
fn most_in_a_window(rate: Rate, mut moments: Vec<i64>) -> usize {
    moments.sort_unstable();
    let windows = moments.iter().enumerate().map(|(first, from)| {
        moments[first..].iter().take_while(|moment| **moment < from + rate.period()).count()
    });
    windows.max().unwrap_or(0)
}

#[test]
fn reads_what_people_write() {
    for (text, count, seconds, burst) in [
        ("100/1m", 100, 60, 20),
        ("10/1s", 10, 1, 2),
        ("1/1d", 1, 86_400, 1),
        ("7/90s", 7, 90, 2),
        ("100000/1h", 100_000, 3_600, 20_000),
        ("100/1m burst 50", 100, 60, 50),
        ("101/1m burst 51", 101, 60, 51),
        ("100/1m burst 1", 100, 60, 1),
    ] {
        let read = rate(text);
        assert_eq!((read.count(), read.seconds(), read.burst()), (count, seconds, burst), "{text}");
        assert_eq!(read.to_string(), text);
    }
    assert_eq!(rate("100/60s").to_string(), "100/1m");
    assert_eq!(rate("100/1m burst 20").to_string(), "100/1m");
}

#[test]
fn refuses_what_is_no_rate() {
    for text in [
        "",
        "/",
        "100",
        "100/",
        "/1m",
        "0/1m",
        "+1/1m",
        "-1/1m",
        "100001/1m",
        "1/0s",
        "1/2d",
        "1/1w",
        "1/none",
        "1/m",
        " 1/1m",
        "1/1m ",
        "1 /1m",
        "100/1m burst",
        "100/1m burst ",
        "100/1m burst 0",
        "100/1m burst 51",
        "100/1m  burst 5",
        "100/1m burst 5 burst 5",
        "99999999999999999999/1m",
        "é/1m",
    ] {
        assert_eq!(text.parse::<Rate>(), Err(RateFault), "{text:?}");
    }
}

#[test]
fn a_burst_comes_at_once_and_the_rest_one_by_one() {
    let (meter, rate) = (Meter::default(), rate("9/8s burst 2"));
    let taken = |micros| meter.take(rate, at(micros));
    let admitted = |remaining, more_in| Metered::Admitted(Quota { rate, remaining, more_in });
    let refused = |more_in| Metered::Refused(Quota { rate, remaining: 0, more_in });
    assert_eq!(taken(0), admitted(1, 1));
    assert_eq!(taken(0), admitted(0, 1));
    assert_eq!(taken(0), refused(1));
    assert_eq!(taken(MICROS - 1), refused(1), "the seconds are whole ones, and enough");
    assert_eq!(taken(MICROS), admitted(0, 1));
    assert_eq!(taken(MICROS), refused(1), "what is refused has taken nothing, and moves nothing on");
    assert_eq!(taken(2 * MICROS), admitted(0, 1));
    assert_eq!(taken(60 * MICROS), admitted(1, 1));
}

#[test]
fn what_is_given_back_is_there_again() {
    let (meter, rate) = (Meter::default(), rate("1/1m"));
    for _ in 0..3 {
        assert!(admits(&meter, rate, 0));
        assert!(!admits(&meter, rate, 0));
        meter.give_back(rate);
    }
}

#[test]
fn a_clock_that_is_set_back_or_another_rate_shuts_nobody_out_for_longer() {
    let (meter, slow, fast) = (Meter::default(), rate("1/1d"), rate("10/1s burst 1"));
    assert!(admits(&meter, slow, 0));
    assert!(!admits(&meter, fast, 0), "it stands for a meter that has just admitted all");
    assert!(admits(&meter, fast, 100_000));
    let an_hour_before = -3_600 * MICROS;
    assert!(!admits(&meter, fast, an_hour_before));
    assert!(admits(&meter, fast, an_hour_before + 100_000));
}

#[test]
fn the_ends_of_the_calendar_are_moments_too() {
    for rate in [rate("1/1d"), rate("100000/1s"), rate("100000/1d burst 50000")] {
        for now in [Timestamp::MIN, Timestamp::MAX] {
            assert!(matches!(Meter::default().take(rate, now), Metered::Admitted(_)));
        }
    }
}

/// Many at once who hammer on, by a clock that all move on together. All of it lasts no longer than `now` may be apart, so
/// that a thread may sleep for as long as it likes.
fn hammered(rate: Rate, threads: usize, moments: i64, tick: i64) -> Vec<i64> {
    let meter = Meter::default();
    let clock = AtomicI64::new(0);
    let admitted = AtomicUsize::new(0);
    let hammer = || {
        let mut moments_admitted = Vec::new();
        loop {
            // Others may move the clock on before this moment is used: threads ask out of order.
            let now = clock.fetch_add(tick, Ordering::Relaxed);
            if now >= moments * tick {
                return moments_admitted;
            }
            if admits(&meter, rate, now) {
                admitted.fetch_add(1, Ordering::Relaxed);
                moments_admitted.push(now);
            }
        }
    };
    let moments: Vec<i64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(hammer)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(moments.len(), admitted.into_inner());
    moments
}

#[test]
fn race_of_eight_threads_admits_no_more_than_is_stated_in_any_window() {
    for text in ["100/1s", "10/1s burst 5", "1/1s", "1000/2s burst 500", "7/3s"] {
        let rate = rate(text);
        let moments = hammered(rate, 8, 200_000, 50);
        let most = most_in_a_window(rate, moments.clone());
        assert!(most <= usize::try_from(rate.count()).unwrap(), "{text}: {most}");
        // And it is no wall: one goes on in each interval, but for those that a sleeping thread lets pass.
        let steady = usize::try_from(200_000 * 50 / rate.interval()).unwrap();
        assert!(moments.len() >= steady / 2, "{text}: {} of {steady}", moments.len());
    }
}

#[test]
fn race_at_one_moment_admits_the_burst_and_no_more() {
    let rate = rate("1000/1m");
    for _ in 0..20 {
        let meter = Meter::default();
        let ask = || (0..500).filter(|_| admits(&meter, rate, 0)).count();
        let admitted: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 200);
    }
}

proptest! {
    #[test]
    fn no_window_sees_more_than_is_stated(rate in rates(), pauses in prop::collection::vec(0..400_000_i64, 1..400)) {
        let meter = Meter::default();
        let (mut now, mut admitted) = (0, Vec::new());
        for pause in pauses {
            // Half of all come at one moment with the one before.
            now += (pause - 200_000).max(0);
            if admits(&meter, rate, now) { admitted.push(now) }
        }
        let most = most_in_a_window(rate, admitted);
        prop_assert!(most <= usize::try_from(rate.count()).unwrap(), "{}: {}", rate, most);
    }

    #[test]
    fn no_window_sees_more_than_is_stated_whatever_order_moments_come_in(
        rate in rates(),
        mut moments in prop::collection::vec(0..4_000_000_i64, 1..400),
        swaps in prop::collection::vec(any::<prop::sample::Index>(), 1..400),
    ) {
        moments.sort_unstable();
        for at in swaps {
            // As threads do: neighbours overtake each other.
            let at = at.index(moments.len());
            if at > 0 { moments.swap(at - 1, at) }
        }
        let meter = Meter::default();
        let admitted: Vec<_> = moments.into_iter().filter(|now| admits(&meter, rate, *now)).collect();
        let most = most_in_a_window(rate, admitted);
        prop_assert!(most <= usize::try_from(rate.count()).unwrap(), "{}: {}", rate, most);
    }

    #[test]
    fn what_is_given_back_opens_no_window(rate in rates(), asks in prop::collection::vec((0..200_000_i64, 0..3_u8), 1..400)) {
        let meter = Meter::default();
        let (mut now, mut used) = (0, Vec::new());
        for (pause, back) in asks {
            now += pause / 4;
            if admits(&meter, rate, now) {
                if back == 0 { meter.give_back(rate) } else { used.push(now) }
            }
        }
        let most = most_in_a_window(rate, used);
        prop_assert!(most <= usize::try_from(rate.count()).unwrap(), "{}: {}", rate, most);
    }

    #[test]
    fn what_a_quota_says_is_so(rate in rates(), pauses in prop::collection::vec(0..400_000_i64, 1..60)) {
        let meter = Meter::default();
        let mut now = 0;
        for pause in pauses {
            now += pause;
            let (Metered::Admitted(quota) | Metered::Refused(quota)) = meter.take(rate, at(now));
            let copy = Meter(AtomicI64::new(meter.0.load(Ordering::Relaxed)));
            let now_admitted = (0..=rate.count()).take_while(|_| admits(&copy, rate, now)).count();
            prop_assert_eq!(now_admitted, usize::try_from(quota.remaining).unwrap());
            let later = now + i64::from(quota.more_in) * MICROS;
            let copy = Meter(AtomicI64::new(meter.0.load(Ordering::Relaxed)));
            let then = (0..=rate.count()).take_while(|_| admits(&copy, rate, later)).count();
            prop_assert!(then > now_admitted, "{} s are not enough", quota.more_in);
        }
    }

    #[test]
    fn what_a_rate_within_another_admits_the_other_admits(
        one in rates(),
        other in rates(),
        pauses in prop::collection::vec(0..400_000_i64, 1..200),
    ) {
        prop_assume!(one.is_within(other));
        let (inner, outer) = (Meter::default(), Meter::default());
        let mut now = 0;
        for pause in pauses {
            now += pause / 8;
            if admits(&inner, one, now) {
                prop_assert!(admits(&outer, other, now), "{} is not within {}", one, other);
            }
        }
    }

    #[test]
    fn every_rate_reads_as_it_is_written(rate in rates()) {
        prop_assert_eq!(rate.to_string().parse(), Ok(rate));
    }
}
