//! Text recognition (OCR) in pictures of pages: PP-OCRv5's two networks (`PaddleOCR`, Apache-2.0) on ONNX Runtime. One finds
//! lines, the other reads them, in English, Traditional and Simplified Chinese and Japanese.
//!
//! Crates were weighed: those there are bring the `image` stack, `OpenCV` or a runtime of their own, and give no place for
//! single characters, without which no quote can be marked on a scan.

mod alphabet;
mod enclose;
mod find_lines;
mod find_strokes;
mod one_script;
mod picture;
mod read_line;

use std::{path::PathBuf, sync::OnceLock};

use ort::{
    environment::Environment,
    session::{Session, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use serde::{Deserialize, Serialize};

use self::alphabet::Alphabet;
pub(crate) use self::{
    find_strokes::{Stroke, find_strokes},
    picture::Picture,
    read_line::TextLine,
};

/// The longer side of the picture in which lines are looked for, in pixels: text of 8 points is then 12 pixels high.
const LONGEST_SIDE: usize = 1280;

/// Where text recognition is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OcrModels {
    /// The ONNX Runtime library, as a full path.
    pub runtime: PathBuf,
    /// The folder of `det.onnx`, `rec.onnx` and `keys.txt`, as a full path.
    pub folder: PathBuf,
    /// Threads that it computes on.
    pub threads: usize,
}

/// The networks, loaded.
pub(crate) struct Ocr {
    finder: Session,
    reader: Session,
    alphabet: Alphabet,
}

impl Ocr {
    /// Loads library and networks; the library of the first call serves the whole process.
    pub(crate) fn load(models: &OcrModels) -> Result<Self, String> {
        let session = |file: &str| {
            let path = models.folder.join(file);
            session(models, &path).map_err(|e| format!("{}: {e}", path.display()))
        };
        let keys = models.folder.join("keys.txt");
        let text = std::fs::read_to_string(&keys).map_err(|e| format!("{}: {e}", keys.display()))?;
        Ok(Self { finder: session("det.onnx")?, reader: session("rec.onnx")?, alphabet: Alphabet::of_lines(&text) })
    }

    /// The lines of a picture, from the top.
    pub(crate) fn read(&mut self, picture: &Picture) -> Result<Vec<TextLine>, String> {
        let size = find_lines::input_size(picture, LONGEST_SIDE);
        let (map, _) = run(&mut self.finder, size, &find_lines::input(picture, size))?;
        if map.len() != size.0 * size.1 {
            return Err("the network that finds lines gives a map of another size".to_owned());
        }
        let mut lines = Vec::new();
        for place in find_lines::boxes(&map, size, picture) {
            let size = read_line::input_size(&place);
            let (steps, classes) = run(&mut self.reader, size, &read_line::input(picture, &place, size))?;
            if classes != self.alphabet.chars.len() {
                return Err(format!("keys.txt has {} lines, its network {classes} classes", self.alphabet.chars.len()));
            }
            lines.extend(read_line::decode(&steps, &self.alphabet, place));
        }
        one_script::one_script(&mut lines);
        Ok(lines)
    }
}

/// ONNX Runtime takes one environment a process.
fn environment(models: &OcrModels) -> Result<&'static Environment, String> {
    static ENVIRONMENT: OnceLock<Result<Environment, String>> = OnceLock::new();
    let load = || {
        let builder = ort::init_from(&models.runtime).map_err(|e| e.to_string())?;
        builder.build().map_err(|e| e.to_string())
    };
    ENVIRONMENT.get_or_init(load).as_ref().map_err(Clone::clone)
}

fn session(models: &OcrModels, path: &std::path::Path) -> Result<Session, String> {
    let said = |e: &dyn std::fmt::Display| e.to_string();
    let builder = Session::builder(environment(models)?).map_err(|e| said(&e))?;
    // Sizes change with each line: memory patterns would only be made and thrown away.
    let builder = builder.with_memory_pattern(false).map_err(|e| said(&e))?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::All).map_err(|e| said(&e))?;
    let mut builder = builder.with_intra_threads(models.threads.max(1)).map_err(|e| said(&e))?;
    builder.commit_from_file(path).map_err(|e| said(&e))
}

/// Runs a network on one picture of three planes: its output, and the size of its last dimension.
fn run(session: &mut Session, (width, height): (usize, usize), planes: &[f32]) -> Result<(Vec<f32>, usize), String> {
    let input = TensorRef::from_array_view(([1, 3, height, width], planes)).map_err(|e| e.to_string())?;
    let outputs = session.run(ort::inputs![input]).map_err(|e| e.to_string())?;
    let (shape, values) = outputs[0].try_extract_tensor::<f32>().map_err(|e| e.to_string())?;
    let last = shape.last().and_then(|n| usize::try_from(*n).ok()).unwrap_or(0);
    Ok((values.to_vec(), last))
}
