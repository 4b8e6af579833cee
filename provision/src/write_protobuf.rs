//! Writes protocol buffer messages: the five wire forms that an ONNX file needs, in the order they are called in.
//!
//! Form: <https://protobuf.dev/programming-guides/encoding/>.

const VARINT: u32 = 0;
const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

/// A message being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// An `int32`, `int64` or enum field; negative numbers take ten bytes.
    pub(crate) fn int(mut self, field: u32, value: i64) -> Self {
        push_tag(&mut self.bytes, field, VARINT);
        push_varint(&mut self.bytes, value as u64);
        self
    }

    /// A `float` field.
    pub(crate) fn float(mut self, field: u32, value: f32) -> Self {
        push_tag(&mut self.bytes, field, FIXED32);
        self.bytes.extend(value.to_le_bytes());
        self
    }

    /// A `string` field; an empty one is written too.
    pub(crate) fn text(mut self, field: u32, value: &str) -> Self {
        push_bytes(&mut self.bytes, field, value.as_bytes());
        self
    }

    /// A message within this one.
    pub(crate) fn message(mut self, field: u32, value: &Self) -> Self {
        push_bytes(&mut self.bytes, field, &value.bytes);
        self
    }

    /// The beginning of a field whose `length` bytes follow by other means, so that large ones need no copy.
    pub(crate) fn open(mut self, field: u32, length: usize) -> Self {
        push_tag(&mut self.bytes, field, LENGTH);
        push_varint(&mut self.bytes, length as u64);
        self
    }

    /// What was written so far.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }
}

fn push_tag(bytes: &mut Vec<u8>, field: u32, wire: u32) {
    push_varint(bytes, u64::from(field << 3 | wire));
}

fn push_bytes(bytes: &mut Vec<u8>, field: u32, value: &[u8]) {
    push_tag(bytes, field, LENGTH);
    push_varint(bytes, value.len() as u64);
    bytes.extend_from_slice(value);
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        assert_eq!(Message::default().int(1, 150).as_bytes(), [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").as_bytes(), b"\x12\x07testing");
        let inner = Message::default().int(1, 150);
        assert_eq!(Message::default().message(3, &inner).as_bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let minus_two = [0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Message::default().int(1, -2).as_bytes(), minus_two);
    }

    #[test]
    fn floats_high_fields_and_opened_fields() {
        assert_eq!(Message::default().float(2, 1.0).as_bytes(), [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().int(20, 1).as_bytes(), [0xa0, 0x01, 0x01]);
        assert_eq!(Message::default().open(9, 300).as_bytes(), [0x4a, 0xac, 0x02]);
    }
}
