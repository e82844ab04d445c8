//! What comes of a call, and its two forms: the library's, and the same written down.

use rmcp::model::{CallToolResult, ContentBlock, JsonRpcResponse, JsonRpcVersion2_0, RequestId, ResultType};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::plain_json::is_plain_json;

/// What comes of a call that was made.
pub(super) struct Outcome {
    content: Vec<ContentBlock>,
    /// An object, and nothing else: anything else has no place there in the version before.
    structured: Option<Box<RawValue>>,
    failed: bool,
}

/// The form of [`CallToolResult`]. That has to have the structured part taken to pieces, which is what takes long.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'o> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result_type: Option<ResultType>,
    content: &'o [ContentBlock],
    #[serde(skip_serializing_if = "Option::is_none")]
    structured_content: Option<&'o RawValue>,
    is_error: bool,
}

impl Outcome {
    /// It went well, and this is told.
    pub(super) fn of(content: Vec<ContentBlock>) -> Self {
        Self { content, structured: None, failed: false }
    }

    /// It went well, and this JSON is told: as a text, and once more where it is an object.
    pub(super) fn of_json(text: String, value: Box<RawValue>) -> Self {
        let structured = Some(value).filter(|value| value.get().starts_with('{'));
        Self { structured, ..Self::of(vec![ContentBlock::text(text)]) }
    }

    /// It failed, and the model may mend it.
    pub(super) fn fault(detail: String) -> Self {
        Self { failed: true, ..Self::of(vec![ContentBlock::text(detail)]) }
    }

    /// As the library has it.
    pub(super) fn into_result(self) -> CallToolResult {
        let mut result = if self.failed {
            CallToolResult::error(self.content)
        } else {
            CallToolResult::success(self.content)
        };
        // What cannot be taken to pieces is told as a text all the same.
        let value = self.structured.filter(|value| is_plain_json(value.get().as_bytes()));
        result.structured_content = value.and_then(|value| serde_json::from_str(value.get()).ok());
        result
    }

    /// The answer to the message of this id; `current`: in the current version, and not in the one before.
    pub(super) fn written(&self, id: RequestId, current: bool) -> serde_json::Result<Vec<u8>> {
        let result = Written {
            result_type: current.then_some(ResultType::COMPLETE),
            content: &self.content,
            structured_content: self.structured.as_deref(),
            is_error: self.failed,
        };
        let texts = self.content.iter().filter_map(ContentBlock::as_text).map(|text| text.text.len());
        let structured = self.structured.as_ref().map_or(0, |value| value.get().len());
        // Most texts are JSON, whose quotation marks take two bytes each.
        let mut written = Vec::with_capacity(256 + structured + texts.sum::<usize>() * 3 / 2);
        serde_json::to_writer(&mut written, &JsonRpcResponse { jsonrpc: JsonRpcVersion2_0, id, result })?;
        Ok(written)
    }
}
