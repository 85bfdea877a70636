//! Compiles every contract under `xinqiao/` into messages, clients, servers and one descriptor set.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use prost::Message as _;
use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut contracts = Vec::new();
    collect(&root.join("xinqiao"), &mut contracts)?;
    contracts.sort();
    let descriptors = protox::compile(&contracts, [&root])?;
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    fs::write(out.join("commands.rs"), commands(&descriptors))?;
    tonic_prost_build::configure()
        .bytes(".")
        .compile_fds(descriptors)?;
    println!("cargo:rerun-if-changed={}", root.join("xinqiao").display());
    Ok(())
}

/// Every request that carries a `request_id` is a command, named after its RPC: `intake.RegisterVisit`.
fn commands(descriptors: &FileDescriptorSet) -> String {
    let mut lines = String::from("commands! {\n");
    for file in &descriptors.file {
        let Some(context) = file
            .package()
            .strip_prefix("xinqiao.")
            .and_then(|name| name.strip_suffix(".v1"))
        else {
            continue;
        };
        let is_command = |request: &str| {
            file.message_type.iter().any(|message| {
                message.name() == request && message.field.iter().any(|field| field.name() == "request_id")
            })
        };
        for method in file.service.iter().flat_map(|service| &service.method) {
            let request = method.input_type().rsplit('.').next().unwrap_or_default();
            if is_command(request) {
                lines.extend([
                    "    ",
                    context,
                    "::",
                    request,
                    " => \"",
                    context,
                    ".",
                    method.name(),
                    "\";\n",
                ]);
            }
        }
    }
    lines + "}\n"
}

fn collect(folder: &Path, contracts: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, contracts)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            contracts.push(path);
        }
    }
    Ok(())
}
