//! Reads a checked GGUF file's weights and packs them into tiles, several tensors at a time.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use candle_core::quantized::gguf_file::TensorInfo;
use gguf::GgufError;

use super::{
    kernels::{Isa, Matrix, is_supported},
    read_gguf::GgufFile,
};
use crate::{EngineError, EngineResult};

/// A file's tensors by name, each taken out once.
pub(crate) struct Tensors(HashMap<String, Matrix>);

impl Tensors {
    /// Reads all of them on `threads` threads.
    pub(crate) fn read(file: &GgufFile, isa: Isa, threads: usize) -> EngineResult<Self> {
        let mut list: Vec<(&String, &TensorInfo)> = file.content.tensor_infos.iter().collect();
        // The largest first, so that no thread is left alone with it; by name, so that errors do not change.
        list.sort_by_key(|(name, info)| (usize::MAX - info.shape.elem_count(), *name));
        let next = AtomicUsize::new(0);
        let done = Mutex::new(HashMap::with_capacity(list.len()));
        let work = || -> EngineResult<()> {
            let mut reader =
                File::open(&file.path).map_err(|source| GgufError::Unreadable { path: file.path.clone(), source })?;
            while let Some((name, info)) = list.get(next.fetch_add(1, Ordering::Relaxed)) {
                let matrix = read_tensor(file, name, info, isa, &mut reader)?;
                done.lock().unwrap_or_else(PoisonError::into_inner).insert((*name).clone(), matrix);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let died = |_| Err(GgufError::damaged(&file.path, &"reading it failed").into());
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(died))
        })?;
        Ok(Self(done.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Takes a matrix out. The file is checked: what the architecture needs is there.
    pub(crate) fn matrix(&mut self, name: &str) -> EngineResult<Matrix> {
        self.0.remove(name).ok_or_else(|| EngineError::MissingTensors { count: 1, first: name.to_owned() })
    }

    /// Takes a matrix out that may be missing.
    pub(crate) fn optional_matrix(&mut self, name: &str) -> Option<Matrix> {
        self.0.remove(name)
    }

    /// Takes a vector out, as floats.
    pub(crate) fn vector(&mut self, name: &str) -> EngineResult<Vec<f32>> {
        Ok(self.matrix(name)?.to_floats())
    }

    /// Takes a vector out that may be missing; one of another length than `length` is an error.
    pub(crate) fn optional_vector(&mut self, name: &str, length: usize) -> EngineResult<Option<Vec<f32>>> {
        let Some(matrix) = self.optional_matrix(name) else { return Ok(None) };
        let vector = matrix.to_floats();
        if vector.len() == length {
            return Ok(Some(vector));
        }
        let found = vec![vector.len()];
        Err(EngineError::WrongShape { name: name.to_owned(), found, expected: vec![length] })
    }
}

fn read_tensor(file: &GgufFile, name: &str, info: &TensorInfo, isa: Isa, reader: &mut File) -> EngineResult<Matrix> {
    if !is_supported(info.ggml_dtype) {
        let found = format!("{:?}", info.ggml_dtype);
        return Err(EngineError::UnsupportedWeights { name: name.to_owned(), found });
    }
    let (rows, columns) = match info.shape.dims() {
        [columns] => (1, *columns),
        [rows @ .., columns] => (rows.iter().product(), *columns),
        [] => (1, 1),
    };
    let start = file.content.tensor_data_offset + info.offset;
    let read = |from: usize, buffer: &mut [u8]| -> io::Result<()> {
        reader.seek(SeekFrom::Start(start + from as u64))?;
        reader.read_exact(buffer)
    };
    let packed = Matrix::pack(isa, info.ggml_dtype, rows, columns, read);
    let packed = packed.map_err(|source| GgufError::Unreadable { path: file.path.clone(), source })?;
    packed.ok_or_else(|| {
        GgufError::damaged(&file.path, &format!("the rows of its tensor `{name}` are no whole blocks")).into()
    })
}
