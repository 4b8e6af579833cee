//! Settings and models that can't work are said at the start, with what mends them.

use std::{fs, path::Path};

use lectern_tests::{Options, Server};

use super::run;

async fn refusal(settings: Vec<(&'static str, String)>) -> String {
    match Server::try_start(Options { settings, ..Options::default() }).await {
        Ok(server) => panic!("it started: {}", server.greeting),
        Err(stderr) => stderr,
    }
}

/// The installed models, linked into a folder where one of them can be spoiled.
fn copy_of_models() -> tempfile::TempDir {
    let from = std::env::var_os("LECTERN_MODELS").map_or_else(
        || Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache/lectern/models"),
        Into::into,
    );
    let to = tempfile::tempdir().unwrap();
    for model in fs::read_dir(from).unwrap().flatten().filter(|e| e.path().is_dir()) {
        let folder = to.path().join(model.file_name());
        fs::create_dir(&folder).unwrap();
        for file in fs::read_dir(model.path()).unwrap().flatten().filter(|e| e.path().is_file()) {
            std::os::unix::fs::symlink(file.path(), folder.join(file.file_name())).unwrap();
        }
    }
    to
}

#[test]
fn an_open_address_without_a_key() {
    run(async {
        let stderr = refusal(vec![("LECTERN_SERVER__HOST", "0.0.0.0".into())]).await;
        assert!(stderr.contains("server.host = 0.0.0.0") && stderr.contains("server.api_key"), "{stderr}");
    });
}

#[test]
fn an_unknown_setting() {
    run(async {
        let stderr = refusal(vec![("LECTERN_SERVER__PROT", "1".into())]).await;
        assert!(stderr.contains("prot"), "{stderr}");
    });
}

#[test]
fn a_model_server_without_a_model() {
    run(async {
        let stderr = refusal(vec![("LECTERN_MODELS__GENERATOR", "http://127.0.0.1:1/v1".into())]).await;
        assert!(stderr.contains("model_server.model"), "{stderr}");
    });
}

#[test]
fn a_truncated_or_altered_model() {
    run(async {
        let models = copy_of_models();
        let file = models.path().join("smollm2-135m-lectern/model.gguf");
        let whole = fs::read(&file).unwrap();
        let variable = vec![("LECTERN_MODELS", models.path().to_string_lossy().into_owned())];
        let mut altered = whole.clone();
        altered[50_000_000] ^= 1;
        for spoiled in [&whole[..whole.len() / 2], &altered] {
            fs::remove_file(&file).unwrap();
            fs::write(&file, spoiled).unwrap();
            let stderr = refusal(variable.clone()).await;
            assert!(stderr.contains("model.gguf"), "{stderr}");
            assert!(stderr.contains("lectern models pull smollm2-135m-lectern"), "{stderr}");
        }
    });
}

#[test]
fn a_data_folder_in_use() {
    run(async {
        let server = Server::start().await;
        let options = Options { data: Some(server.data.clone()), ..Options::default() };
        let stderr = Server::try_start(options).await.unwrap_err();
        assert!(stderr.contains("in use"), "{stderr}");
    });
}
