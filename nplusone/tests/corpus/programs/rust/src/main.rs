//! Programs in Rust whose traces are recorded: `corpus NAME`, and a case's name on each line of the
//! standard input; "done" answers when its spans are sent.

mod cats;
mod library;

use std::error::Error;
use std::io::stdin;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::info_span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

type Done = Result<(), Box<dyn Error>>;

/// Does "ready", which prepares the data, and then the cases by name.
type Program = Box<dyn FnMut(&str) -> Done>;

fn main() -> Done {
    let provider = traced()?;
    let mut program: Program = match std::env::args().nth(1).as_deref() {
        Some("seaorm") => library::program()?,
        Some("diesel") => cats::program(),
        other => return Err(format!("no program {other:?}").into()),
    };
    for line in stdin().lines() {
        let name = line?;
        if name == "ready" {
            program(&name)?;
        } else {
            request(&name, &mut program)?;
        }
        provider.force_flush()?;
        println!("done");
    }
    Ok(())
}

/// Does a case in a SERVER span, as a framework's instrumentation makes it.
fn request(name: &str, program: &mut Program) -> Done {
    let span = info_span!(
        "request",
        otel.name = format!("GET /{name}"),
        otel.kind = "server",
        http.request.method = "GET",
        http.route = format!("/{name}"),
    );
    span.in_scope(|| program(name))
}

fn traced() -> Result<SdkTracerProvider, Box<dyn Error>> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("nplusone.corpus"));
    tracing_subscriber::registry().with(LevelFilter::INFO).with(layer).init();
    Ok(provider)
}
