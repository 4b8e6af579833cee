//! Reads the weights of an ONNX graph back: its initializers by name, as raw bytes. Field numbers: `onnx.proto`.
//!
//! Nothing of the file is trusted; what is not an initializer with raw bytes is passed over.

use std::collections::HashMap;

use crate::{ProvisionError, Result};

/// Fields of `ModelProto`, `GraphProto` and `TensorProto`.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;

/// Weights by name; they borrow from the file's bytes.
pub(crate) struct Initializers<'a>(HashMap<&'a str, &'a [u8]>);

impl<'a> Initializers<'a> {
    pub(crate) fn parse(model: &'a [u8]) -> Result<Self> {
        let mut found = HashMap::new();
        for (_, graph) in fields(model)?.into_iter().filter(|(number, _)| *number == GRAPH) {
            for (_, tensor) in fields(graph)?.into_iter().filter(|(number, _)| *number == INITIALIZER) {
                let tensor = fields(tensor)?;
                let field = |wanted| tensor.iter().find(|(number, _)| *number == wanted).map(|(_, bytes)| *bytes);
                if let (Some(Ok(name)), Some(raw)) = (field(NAME).map(str::from_utf8), field(RAW_DATA)) {
                    found.insert(name, raw);
                }
            }
        }
        Ok(Self(found))
    }

    pub(crate) fn get(&self, name: &str) -> Result<&'a [u8]> {
        let missing = || ProvisionError::Container { detail: format!("{name} is not among the graph's weights") };
        self.0.get(name).copied().ok_or_else(missing)
    }
}

/// The fields of a message that hold bytes: number and content. Others are passed over.
fn fields(message: &[u8]) -> Result<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut rest)?;
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut rest)?).map_err(|_| cut_off())?,
            5 => 4,
            _ => return Err(cut_off()),
        };
        let (content, after) = rest.split_at_checked(length).ok_or_else(cut_off)?;
        if tag & 7 == 2 {
            found.push((tag >> 3, content));
        }
        rest = after;
    }
    Ok(found)
}

fn varint(rest: &mut &[u8]) -> Result<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or_else(cut_off)?;
        *rest = after;
        value |= u64::from(byte & 127) << shift;
        if byte & 128 == 0 {
            return Ok(value);
        }
    }
    Err(cut_off())
}

fn cut_off() -> ProvisionError {
    ProvisionError::Container { detail: "the ONNX graph breaks off or is malformed".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_onnx::{Element, Graph, ModelHead};

    fn model() -> Vec<u8> {
        let mut graph = Graph::default();
        graph.tensor("a", Element::Uint8, &[3], vec![1, 2, 3]);
        graph.tensor("b", Element::Uint8, &[300], vec![7; 300]);
        let head =
            ModelHead { graph_name: "g", producer: "p", ir_version: 9, opsets: &[("", 18)], inputs: &[], outputs: &[] };
        let mut bytes = Vec::new();
        graph.write(&head, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn weights_come_back_as_they_were_written() {
        let bytes = model();
        let read = Initializers::parse(&bytes).unwrap();
        assert_eq!(read.get("a").unwrap(), [1, 2, 3]);
        assert_eq!(read.get("b").unwrap(), [7; 300]);
        assert!(read.get("c").is_err());
    }

    #[test]
    fn a_damaged_graph_is_an_error_or_lacks_weights() {
        let bytes = model();
        for end in 0..bytes.len() {
            if let Ok(read) = Initializers::parse(&bytes[..end]) {
                assert!(read.get("b").is_err() || end + 16 > bytes.len());
            }
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            drop(Initializers::parse(&damaged));
        }
    }
}
