//! Writes a GGUF file anew with its matrices in another type: `requantize FROM TO q4_0|q8_0|f32`. For benchmarks against
//! an engine that has fast kernels for some types only. Norms, biases and rows of no whole blocks stay.

use candle_core::{
    Device,
    quantized::{GgmlDType, QTensor, gguf_file},
};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, kind] = args.as_slice() else { panic!("requantize FROM TO TYPE") };
    let kind = match kind.as_str() {
        "q4_0" => GgmlDType::Q4_0,
        "q8_0" => GgmlDType::Q8_0,
        "f32" => GgmlDType::F32,
        other => panic!("the type {other}"),
    };
    let mut file = std::fs::File::open(from).unwrap();
    let content = gguf_file::Content::read(&mut file).unwrap();
    let convert = |name: &String| {
        let stored = content.tensor(&mut file, name, &Device::Cpu).unwrap();
        // Embeddings of more bits stay as they are: llama.cpp's own quantizer keeps the output layer finer too.
        let small = stored.shape().rank() < 2 || (name == "token_embd.weight" || name == "output.weight");
        let tensor = if small && kind != GgmlDType::F32 {
            stored
        } else {
            QTensor::quantize(&stored.dequantize(&Device::Cpu).unwrap(), kind).unwrap()
        };
        (name.clone(), tensor)
    };
    let tensors: Vec<(String, QTensor)> = content.tensor_infos.keys().map(convert).collect();
    let metadata: Vec<_> = content.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
    gguf_file::write(&mut std::fs::File::create(to).unwrap(), &metadata, &tensors).unwrap();
}
