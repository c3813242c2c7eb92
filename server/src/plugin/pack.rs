//! `cordboard plugin pack FILE`: an OCI image layout, as registries take it.

use crate::output;
use anyhow::{Context as _, bail};
use clap::Args;
use cordboard_plugin_host::{Digest, HostConfig, inspect};
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Packs a component into an OCI image layout on disk and prints its digest.
///
/// Tools such as `oras` and `skopeo` copy the folder to a registry.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The component.
    file: PathBuf,
    /// The folder, which must not exist. Otherwise FILE without `.wasm`, with `.oci`.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

// The media types of the Wasm OCI artifact layout of the CNCF.
const LAYER_TYPE: &str = "application/wasm";
const CONFIG_TYPE: &str = "application/vnd.wasm.config.v0+json";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
/// The same component makes the same digest whenever it is packed.
const CREATED: &str = "1970-01-01T00:00:00Z";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read the plugin `{}`", file.display()))?;
    let inspection = inspect(&bytes, HostConfig::default().component_bytes_max);
    let (Some(manifest), []) = (&inspection.manifest, inspection.problems.as_slice()) else {
        let first = inspection.problems.first();
        bail!(
            "`{}` is not a plugin that an engine loads: {}; `cordboard plugin check` tells more",
            file.display(),
            first.map(ToString::to_string).unwrap_or_default()
        );
    };
    let default = file.with_extension("oci");
    let layout = Layout::new(arguments.out.as_deref().unwrap_or(&default))?;

    let layer = layout.blob(LAYER_TYPE, &bytes)?;
    let config = json!({
        "created": CREATED,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [layer.digest],
        "component": { "exports": inspection.exports, "imports": inspection.imports },
    });
    let config = layout.blob(CONFIG_TYPE, config.to_string().as_bytes())?;
    let image = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config,
        "layers": [layer],
        "annotations": {
            "org.opencontainers.image.title": manifest.name,
            "org.opencontainers.image.version": manifest.version,
            "org.opencontainers.image.description": manifest.description,
        },
    });
    let image = layout.blob(MANIFEST_TYPE, image.to_string().as_bytes())?;
    layout.index(&image, &manifest.version)?;
    output::say(format_args!("{}: {}", layout.0.display(), image.digest))?;
    Ok(ExitCode::SUCCESS)
}

/// How one blob names another.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
}

/// The folder of a layout.
struct Layout(PathBuf);

impl Layout {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            bail!(
                "`{}` exists already: name another folder with `--out`, or remove it",
                folder.display()
            );
        }
        std::fs::create_dir_all(folder.join("blobs/sha256"))
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(Self(folder.to_owned()))
    }

    /// Writes a blob.
    fn blob(&self, media_type: &'static str, bytes: &[u8]) -> anyhow::Result<Descriptor> {
        let digest = Digest::of(bytes);
        self.write(&format!("blobs/sha256/{digest}"), bytes)?;
        Ok(Descriptor {
            media_type,
            digest: format!("sha256:{digest}"),
            size: bytes.len(),
        })
    }

    fn index(&self, image: &Descriptor, name: &str) -> anyhow::Result<()> {
        let image = json!({
            "mediaType": image.media_type,
            "digest": image.digest,
            "size": image.size,
            "annotations": { "org.opencontainers.image.ref.name": name },
        });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [image] });
        self.write("index.json", index.to_string().as_bytes())?;
        self.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let file = self.0.join(name);
        std::fs::write(&file, bytes).with_context(|| format!("cannot write `{}`", file.display()))
    }
}
