//! A package as it came through the API, checked as a BagIt reader would.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use aws_lc_rs::digest::{Algorithm, SHA256, SHA512, digest};
use xinqiao_local::clients::Desk;
use xinqiao_proto::archive::{ReadPackageRequest, read_package_response::Part};

/// Every file of a bag by its path.
#[derive(Debug, Default)]
pub(crate) struct Bag(BTreeMap<String, Vec<u8>>);

impl Bag {
    /// Reads a whole package through the API.
    pub(crate) async fn read(archivist: &Desk, package_id: &str) -> Result<Self> {
        let request = ReadPackageRequest {
            package_id: package_id.to_owned(),
            path: String::new(),
            reason: "核对归档材料".to_owned(),
        };
        let mut parts = archivist.packages().read_package(request).await?.into_inner();
        let mut bag = Self::default();
        let mut current = None;
        while let Some(message) = parts.message().await? {
            match message.part.context("a part is empty")? {
                Part::File(file) => {
                    bag.0.insert(file.path.clone(), Vec::new());
                    current = Some(file.path);
                }
                Part::Chunk(bytes) => {
                    let path = current.as_ref().context("bytes came before their file")?;
                    bag.0
                        .get_mut(path)
                        .context("invariant: the file was just named")?
                        .extend_from_slice(&bytes);
                }
            }
        }
        Ok(bag)
    }

    /// Fails unless every file is listed, every listed file is there, and every digest agrees.
    pub(crate) fn must_be_valid(&self) -> Result<()> {
        ensure!(
            self.text("bagit.txt")? == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bagit.txt"
        );
        ensure!(!self.0.contains_key("fetch.txt"), "a sealed bag fetches nothing");
        let payload: Vec<&String> = self.0.keys().filter(|path| path.starts_with("data/")).collect();
        ensure!(!payload.is_empty(), "the bag is empty");
        for (manifest, algorithm) in [("manifest-sha512.txt", &SHA512), ("manifest-sha256.txt", &SHA256)] {
            let listed = self.check_digests(manifest, algorithm)?;
            ensure!(
                listed.len() == payload.len(),
                "{manifest} lists {} of {} files",
                listed.len(),
                payload.len()
            );
            ensure!(
                listed.iter().all(|path| path.starts_with("data/")),
                "{manifest} lists tag files"
            );
        }
        let tags = self.check_digests("tagmanifest-sha512.txt", &SHA512)?;
        for wanted in [
            "bagit.txt",
            "bag-info.txt",
            "manifest-sha512.txt",
            "manifest-sha256.txt",
        ] {
            ensure!(
                tags.iter().any(|path| path == wanted),
                "the tag manifest lacks {wanted}"
            );
        }
        Ok(())
    }

    /// All text under one item of the file, for example `02`.
    pub(crate) fn item(&self, number: &str) -> String {
        let folder = format!("data/{number}_");
        self.0
            .iter()
            .filter(|(path, _)| path.starts_with(&folder))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes))
            .collect()
    }

    fn check_digests(&self, manifest: &str, algorithm: &'static Algorithm) -> Result<Vec<String>> {
        let mut listed = Vec::new();
        for line in self.text(manifest)?.lines() {
            let (wanted, path) = line
                .split_once("  ")
                .with_context(|| format!("{manifest}: {line}"))?;
            let Some(bytes) = self.0.get(path) else {
                bail!("{manifest} lists {path}, which is not there")
            };
            ensure!(
                hex::encode(digest(algorithm, bytes)) == wanted,
                "{path} has another digest than {manifest} says"
            );
            listed.push(path.to_owned());
        }
        Ok(listed)
    }

    fn text(&self, path: &str) -> Result<&str> {
        let bytes = self
            .0
            .get(path)
            .with_context(|| format!("the bag lacks {path}"))?;
        Ok(std::str::from_utf8(bytes)?)
    }
}
