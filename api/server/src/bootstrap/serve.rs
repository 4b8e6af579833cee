//! `lectern serve`: listen, work, and on a signal drain and stop; and the same API without a port.

use std::{io::IsTerminal as _, time::Duration};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{Address, App, DataLock, Places, Settings, StartError};
use crate::{http, jobs};

/// The API of this process, which works on the data folder that is locked; its workers run already.
pub async fn router(settings: Settings, places: Places, lock: DataLock) -> Result<Router, StartError> {
    let app = App::open(settings, places, lock).await?;
    jobs::start(&app);
    Ok(http::router(app))
}

/// Serves until SIGTERM or SIGINT; then lets running requests end within the grace time. What is cut off then is
/// picked up at the next start.
pub async fn serve(settings: Settings, places: Places, json_logs: bool) -> Result<(), StartError> {
    start_logging(json_logs);
    let started = std::time::Instant::now();
    let address = (settings.server.host, settings.server.port);
    let grace = Duration::from_secs(settings.server.shutdown_grace_s);
    let lock = DataLock::take(&places.data)
        .map_err(StartError::data_dir(&places.data))?
        .ok_or_else(|| StartError::DataDirInUse(places.data.clone()))?;
    // The address is taken before the models are loaded: one that is in use is said at once.
    let listener = TcpListener::bind(address).await.map_err(|e| StartError::Address(address.into(), e))?;
    let local = listener.local_addr().map_err(|e| StartError::Address(address.into(), e))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::System)?;
    let app = App::open(settings, places, lock).await?;
    app.announce(&Address { url: format!("http://{local}") }).map_err(StartError::System)?;
    jobs::start(&app);
    let stopping = app.stopping.clone();
    let signalled = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: no new requests; running ones get {} s", grace.as_secs());
        stopping.cancel();
    };
    println!("Lectern is ready after {:.1} s: http://{local}", started.elapsed().as_secs_f32());
    let stopping = app.stopping.clone();
    let serving = axum::serve(listener, http::router(app.clone())).with_graceful_shutdown(signalled);
    tokio::select! {
        served = serving.into_future() => served.map_err(StartError::System)?,
        () = async { stopping.cancelled().await; tokio::time::sleep(grace).await } => {
            tracing::warn!("grace time is over; cutting off what still runs");
        }
    }
    app.close(grace).await;
    tracing::info!("stopped");
    Ok(())
}

fn start_logging(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LECTERN_LOG")
        .unwrap_or_else(|_| "info,ort=warn,tantivy=warn,qdrant_edge=error".into());
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if json { logs.json().init() } else { logs.init() }
}
