//! Prints the logits of a text's last position as JSON: `logits BASE ADAPTER TOKEN... [--rewrite FOLDER]`.
//!
//! With `--rewrite` the adapter is also written anew: `reference/peft_adapters.py` then loads both with PEFT.

use std::path::Path;

use tuner::{Base, logits, read_adapter, write_adapter};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let rewrite = arguments.iter().position(|a| a == "--rewrite").map(|at| arguments.split_off(at));
    let [base, adapter, tokens @ ..] = arguments.as_slice() else { return Err("name a base and an adapter".into()) };
    let tokens = tokens.iter().map(|t| t.parse()).collect::<Result<Vec<u32>, _>>()?;
    let base_model = Base::open(Path::new(base))?;
    let adapter = read_adapter(Path::new(adapter), base_model.shape())?;
    if let Some(folder) = rewrite.as_ref().and_then(|r| r.get(1)) {
        write_adapter(Path::new(folder), &adapter, base, false)?;
    }
    let all = logits(&base_model, &adapter, &tokens)?;
    println!("{}", serde_json::to_string(&all[all.len() - base_model.shape().vocabulary..])?);
    Ok(())
}
