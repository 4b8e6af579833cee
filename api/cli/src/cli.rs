//! The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing found or refused.
#![expect(clippy::doc_markdown, reason = "these docs are the help texts")]

use std::{net::IpAddr, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand};
use client::Output;
use eval::EvalAction;
use server::{Overrides, Places, Settings};

use crate::commands::{
    self,
    tune::{TuneAction, TuneArgs},
};

/// Course material in, grounded answers out, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "lectern", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Settings file (TOML); see configs/default.toml
    #[arg(long, global = true, env = "LECTERN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of database, documents and indexes
    #[arg(long, global = true, env = "LECTERN_DATA_DIR", value_name = "FOLDER", default_value = "data")]
    pub data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page and the REST API
    Serve {
        /// Address to listen on; one that others can reach needs `server.api_key`
        #[arg(long)]
        host: Option<IpAddr>,
        /// Port to listen on; 0 takes a free one
        #[arg(long)]
        port: Option<u16>,
    },
    /// Read documents into a course and wait until they can be searched
    Ingest {
        /// Title or id; a title that is not there yet makes a course
        course: String,
        /// PDF, Markdown, HTML or plain text
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Opens encrypted files
        #[arg(long, env = "LECTERN_PASSWORD", hide_env_values = true)]
        password: Option<String>,
    },
    /// Search a course
    Search {
        /// Title or id
        course: String,
        /// Words or a question
        query: String,
        #[command(flatten)]
        options: commands::search::SearchOptions,
    },
    /// Ask a question about a course's material
    Ask {
        /// Title or id
        course: String,
        /// The question
        question: String,
        #[command(flatten)]
        options: commands::ask::AskOptions,
    },
    /// Make a quiz from a course's material, each question proven
    Quiz {
        /// Title or id
        course: String,
        #[command(flatten)]
        options: Box<commands::quiz::QuizOptions>,
    },
    /// List, make or delete courses
    Courses {
        #[command(subcommand)]
        action: Option<CoursesAction>,
    },
    /// List, download and check models and native libraries
    Models {
        #[command(subcommand)]
        action: ModelsAction,
    },
    /// Train an adapter on one's own questions
    Tune(Box<TuneCommand>),
    /// Measure quality on question sets
    Eval {
        #[command(subcommand)]
        what: EvalAction,
    },
    /// Print a completion script for a shell
    Completions {
        /// bash, zsh, fish, …
        shell: clap_complete::Shell,
    },
    /// Print the OpenAPI description
    #[command(hide = true)]
    Openapi,
    /// The reader process: read one document and print what is in it
    #[command(hide = true, disable_help_flag = true)]
    ReadDocument {
        /// Its own arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct TuneCommand {
    #[command(subcommand)]
    action: Option<TuneAction>,
    #[command(flatten)]
    run: Option<TuneArgs>,
}

/// What to do with courses.
#[derive(Debug, Subcommand)]
pub enum CoursesAction {
    /// List courses
    List,
    /// Make a course
    Create {
        /// Its title
        title: String,
    },
    /// Delete a course with its documents
    Delete {
        /// Title or id
        course: String,
    },
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// List what the catalogue offers and what is installed
    List,
    /// Download models; without ids, those that Lectern needs
    Pull {
        /// Ids from `lectern models list`
        ids: Vec<String>,
    },
    /// Check installed files against their sha256, or what a model of one's own is made of
    Verify {
        /// Ids, GGUF files, or folders with safetensors; without any, all that are installed
        ids: Vec<String>,
    },
    /// Merge adapters into a model
    Merge {
        /// An id of the catalogue, or a GGUF file
        #[arg(long)]
        base: String,
        /// Folder of an adapter in PEFT's form; `FOLDER=0.5` for half of it. May be given several times
        #[arg(long = "adapter", required = true, value_parser = weighted, value_name = "FOLDER[=WEIGHT]")]
        adapters: Vec<(PathBuf, f32)>,
        /// Type of the changed weights: f16, q8_0, q6_k, q5_k_m, q4_k_m or q4_0
        #[arg(long = "as", default_value = "q8_0", value_name = "MIX")]
        mix: tuner::Mix,
        /// File to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Store a model in fewer bits
    Quantize {
        /// An id of the catalogue, or a GGUF file; best one in 16 bits
        model: String,
        /// f16, q8_0, q6_k, q5_k_m, q4_k_m or q4_0
        #[arg(long = "as", value_name = "MIX")]
        mix: tuner::Mix,
        /// File to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a GGUF file of a folder with safetensors as Hugging Face writes it
    Convert {
        /// Holds config.json, *.safetensors, tokenizer.json and tokenizer_config.json
        folder: PathBuf,
        /// f16, q8_0, q6_k, q5_k_m, q4_k_m or q4_0
        #[arg(long = "as", default_value = "f16", value_name = "MIX")]
        mix: tuner::Mix,
        /// File to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Show what a GGUF file holds
    Inspect {
        /// An id of the catalogue, or a path
        model: String,
    },
}

/// A folder and the weight of the adapter in it.
fn weighted(text: &str) -> Result<(PathBuf, f32), String> {
    let Some((folder, weight)) = text.rsplit_once('=') else { return Ok((text.into(), 1.0)) };
    let weight: f32 = weight.parse().map_err(|_| format!("{weight} is no number"))?;
    if weight.is_finite() { Ok((folder.into(), weight)) } else { Err("the weight must be finite".to_owned()) }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if let Command::ReadDocument { args } = cli.command {
        return ingest::reader_main(args);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("lectern: cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    let code = match runtime.block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lectern: {error}");
            ExitCode::from(1)
        }
    };
    // Threads inside native libraries must not hold the exit back.
    runtime.shutdown_background();
    code
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let common = cli.common;
    let overrides = match &cli.command {
        Command::Serve { host, port } => Overrides { host: *host, port: *port },
        _ => Overrides::default(),
    };
    let places = Places::new(common.data_dir.clone());
    let settings = || Settings::load(common.config.as_deref(), &overrides);
    let output = Output { json: common.json };
    let open = async || -> Result<_, Failure> { Ok(client::connect(settings()?, places.clone()).await?) };
    match cli.command {
        Command::Serve { .. } => {
            server::serve(settings()?, places, common.json).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Ingest { course, files, password } => {
            commands::ingest::run(&open().await?, output, &course, &files, password.as_deref()).await
        }
        Command::Search { course, query, options } => {
            commands::search::run(&open().await?, output, &course, &query, &options).await
        }
        Command::Ask { course, question, options } => {
            commands::ask::run(&open().await?, output, &course, &question, &options).await
        }
        Command::Quiz { course, options } => commands::quiz::run(&open().await?, output, &course, &options).await,
        Command::Courses { action } => {
            commands::courses::run(&open().await?, output, action.unwrap_or(CoursesAction::List)).await
        }
        Command::Models { action } => {
            let settings = settings()?;
            tokio::task::spawn_blocking(move || commands::models::run(&settings, &places, output, action)).await?
        }
        Command::Tune(command) => match *command {
            TuneCommand { action: Some(TuneAction::Prepare(args)), .. } => {
                let client = if args.course.is_empty() { None } else { Some(open().await?) };
                commands::tune::prepare(client.as_ref(), output, args).await
            }
            TuneCommand { run: Some(args), .. } => commands::tune::run(&places, output, args).await,
            TuneCommand { .. } => Err("name --data, --base and --out; `lectern tune --help` shows all".into()),
        },
        Command::Eval { what } => eval::run(settings, places, output, what).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "lectern", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Openapi => {
            println!("{}", server::openapi().to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
        Command::ReadDocument { .. } => unreachable!("handled before the runtime starts"),
    }
}
