//! Writes ONNX graphs: nodes, weights, inputs and outputs, in the order and form in which the `onnx` package for Python
//! serializes them, so that the same graph has the same checksum wherever it was made.
//!
//! Field numbers: `onnx.proto` of ONNX IR version 9.

#![expect(clippy::cast_possible_wrap, reason = "no dimension in memory comes near i64::MAX")]

use std::io::{self, Write};

use crate::write_protobuf::Message;

/// The element types in use, by their ONNX numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float = 1,
    Uint8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Float16 = 10,
}

/// An attribute of a node.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Int(i64),
    Float(f32),
}

/// A named weight; `raw` is little-endian.
struct Tensor {
    head: Message,
    raw: Vec<u8>,
}

impl Tensor {
    /// Length of the `TensorProto`: its fields and the weights, which are its last field.
    fn len(&self) -> usize {
        self.head.len() + self.raw.len()
    }
}

/// A graph being built. Nodes are named by their operator and a running number.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    tensors: Vec<Tensor>,
}

struct Node {
    operator: &'static str,
    domain: &'static str,
    inputs: Vec<String>,
    output: String,
    attributes: Vec<(&'static str, Value)>,
}

impl Graph {
    /// Adds a weight and gives its name back.
    pub(crate) fn tensor(&mut self, name: &str, element: Element, dims: &[usize], raw: Vec<u8>) -> String {
        let head = dims.iter().fold(Message::default(), |m, &d| m.int(1, d as i64));
        let head = head.int(2, element as i64).text(8, name).open(9, raw.len());
        self.tensors.push(Tensor { head, raw });
        name.to_owned()
    }

    /// Adds a node and gives its output's name. Attributes must be sorted by name.
    pub(crate) fn node(
        &mut self,
        operator: &'static str,
        domain: &'static str,
        inputs: &[&str],
        attributes: &[(&'static str, Value)],
    ) -> String {
        let output = format!("{operator}_{}_0", self.nodes.len() + 1);
        let inputs = inputs.iter().map(|&i| i.to_owned()).collect();
        self.nodes.push(Node { operator, domain, inputs, output: output.clone(), attributes: attributes.to_vec() });
        output
    }

    /// Names the last node's output.
    pub(crate) fn name_last_output(&mut self, name: &str) {
        if let Some(node) = self.nodes.last_mut() {
            name.clone_into(&mut node.output);
        }
    }

    /// Writes the model. Weights go out one by one, so that they are never in memory twice.
    pub(crate) fn write(self, model: &ModelHead<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut head = Message::default();
        for (i, node) in self.nodes.iter().enumerate() {
            head = head.message(1, &node.message(i + 1));
        }
        let head = head.text(2, model.graph_name);
        let tail = model.inputs.iter().fold(Message::default(), |m, value| m.message(11, &value.message()));
        let tail = model.outputs.iter().fold(tail, |m, value| m.message(12, &value.message()));
        let tags: Vec<_> = self.tensors.iter().map(|t| Message::default().open(5, t.len())).collect();
        let tensors: usize = tags.iter().zip(&self.tensors).map(|(tag, t)| tag.len() + t.len()).sum();
        let start = Message::default().int(1, model.ir_version).text(2, model.producer);
        out.write_all(start.open(7, head.len() + tensors + tail.len()).as_bytes())?;
        out.write_all(head.as_bytes())?;
        for (tag, tensor) in tags.iter().zip(&self.tensors) {
            out.write_all(tag.as_bytes())?;
            out.write_all(tensor.head.as_bytes())?;
            out.write_all(&tensor.raw)?;
        }
        out.write_all(tail.as_bytes())?;
        let opsets = model.opsets.iter().fold(Message::default(), |m, (domain, version)| {
            m.message(8, &Message::default().text(1, domain).int(2, *version))
        });
        out.write_all(opsets.as_bytes())
    }
}

impl Node {
    fn message(&self, number: usize) -> Message {
        let m = self.inputs.iter().fold(Message::default(), |m, input| m.text(1, input));
        let m = m.text(2, &self.output).text(3, &format!("{}_{number}", self.operator)).text(4, self.operator);
        let m = self.attributes.iter().fold(m, |m, (name, value)| m.message(5, &attribute(name, *value)));
        m.text(7, self.domain)
    }
}

fn attribute(name: &str, value: Value) -> Message {
    let m = Message::default().text(1, name);
    match value {
        Value::Float(v) => m.float(2, v).int(20, 1),
        Value::Int(v) => m.int(3, v).int(20, 2),
    }
}

/// What a model says about itself besides its graph.
pub(crate) struct ModelHead<'a> {
    pub(crate) graph_name: &'a str,
    pub(crate) producer: &'a str,
    pub(crate) ir_version: i64,
    pub(crate) opsets: &'a [(&'a str, i64)],
    pub(crate) inputs: &'a [Tensorlike<'a>],
    pub(crate) outputs: &'a [Tensorlike<'a>],
}

/// An input or output: its name, its element type and its shape.
pub(crate) struct Tensorlike<'a> {
    pub(crate) name: &'a str,
    pub(crate) element: Element,
    pub(crate) shape: &'a [Dim<'a>],
}

/// One dimension.
#[derive(Clone, Copy)]
pub(crate) enum Dim<'a> {
    Fixed(usize),
    Named(&'a str),
}

impl Tensorlike<'_> {
    fn message(&self) -> Message {
        let shape = self.shape.iter().fold(Message::default(), |m, dim| {
            m.message(
                1,
                &match dim {
                    Dim::Fixed(n) => Message::default().int(1, *n as i64),
                    Dim::Named(name) => Message::default().text(2, name),
                },
            )
        });
        let tensor = Message::default().int(1, self.element as i64).message(2, &shape);
        Message::default().text(1, self.name).message(2, &Message::default().message(1, &tensor))
    }
}
