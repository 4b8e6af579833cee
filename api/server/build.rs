//! Builds again when the page was built: the macro that embeds it sees changed files, not new ones.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../web/dist");
}
