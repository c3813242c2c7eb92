//! Compiled plugins on disk.
//!
//! Loading compiled code means running it, so a file counts only if this program wrote it: it lies
//! in a directory that nobody else may enter, and carries a MAC under a key that lies there too.

use std::{
    fmt, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use crate::digest::Digest;

/// Length of the MAC at the front of each file.
const MAC_BYTES: usize = 32;
/// Length of the key: one block of SHA-256.
const KEY_BYTES: usize = 64;
/// The file of the key.
const KEY_FILE: &str = "key";
/// Largest compiled plugin that is read back.
const ARTEFACT_BYTES_MAX: u64 = 512 * 1_024 * 1_024;
/// The ending of compiled plugins.
const ARTEFACT_ENDING: &str = "compiled";
/// Most compiled plugins that are kept. Each change of a configuration makes a new one, so the oldest
/// go; one that is still in use is compiled anew at the next start.
const ARTEFACTS_MAX: usize = 256;

/// A directory of compiled plugins.
pub(crate) struct Cache {
    directory: PathBuf,
    key: [u8; KEY_BYTES],
}

impl Cache {
    /// Opens a cache, creating the directory where there is none.
    ///
    /// # Errors
    ///
    /// The directory cannot be created or read, or others than its owner may enter it.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        create_private(directory)?;
        let key = read_or_make_key(&directory.join(KEY_FILE))?;
        Ok(Self {
            directory: directory.to_owned(),
            key,
        })
    }

    /// Returns the component that was compiled from these bytes for this engine, if it is here.
    pub(crate) fn load(&self, engine: &Engine, name: &CacheKey) -> Option<Component> {
        let path = self.path(name);
        let length = fs::metadata(&path).ok()?.len();
        if length > ARTEFACT_BYTES_MAX {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        let (mac, artefact) = bytes.split_at_checked(MAC_BYTES)?;
        if self.mac(name, artefact).verify_slice(mac).is_err() {
            tracing::warn!(path = %path.display(), "a compiled plugin was changed: it is compiled anew");
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "compiled code must be trusted; the MAC shows that this program wrote it, and these bytes are \
                      in memory of our own, so that nobody changes them after the check"
        )]
        // SAFETY: the bytes come from `Component::serialize` in this program, as the MAC shows.
        // An engine of another version or configuration refuses them itself.
        let component = unsafe { Component::deserialize(engine, artefact) };
        component.ok()
    }

    /// Keeps a compiled component. A cache that cannot be written only costs time, so a failure is
    /// logged.
    pub(crate) fn store(&self, name: &CacheKey, component: &Component) {
        let written = component
            .serialize()
            .map_err(|error| error.to_string())
            .and_then(|artefact| {
                let mac = self.mac(name, &artefact).finalize().into_bytes();
                write_whole(&self.path(name), &[&mac, &artefact]).map_err(|error| error.to_string())
            });
        if let Err(error) = written {
            tracing::warn!(%error, "a compiled plugin cannot be kept");
        }
        if let Err(error) = self.remove_oldest() {
            tracing::warn!(%error, "old compiled plugins cannot be removed");
        }
    }

    fn remove_oldest(&self) -> io::Result<()> {
        let mut artefacts = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|ending| ending == ARTEFACT_ENDING)
            {
                // Another process may remove it at this moment.
                if let Ok(written) = fs::metadata(&path).and_then(|file| file.modified()) {
                    artefacts.push((written, path));
                }
            }
        }
        artefacts.sort_unstable();
        let surplus = artefacts.len().saturating_sub(ARTEFACTS_MAX);
        for (_, path) in artefacts.drain(..surplus) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn path(&self, name: &CacheKey) -> PathBuf {
        self.directory.join(format!("{}.{ARTEFACT_ENDING}", name.0))
    }

    fn mac(&self, name: &CacheKey, artefact: &[u8]) -> Hmac<Sha256> {
        // The name is part of it, so that files cannot be exchanged for each other.
        let mut mac = Hmac::<Sha256>::new(&self.key.into());
        mac.update(&name.0.0);
        mac.update(artefact);
        mac
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// Says which compiled component: what it was made from, and for which engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CacheKey(Digest);

impl CacheKey {
    /// Makes the key of a component and of the configuration that it was snapshotted with.
    pub(crate) fn new(engine: &Engine, component: Digest, configuration: Option<Digest>) -> Self {
        let mut digest = HashToDigest(Vec::new());
        std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut digest);
        digest.0.extend(env!("CARGO_PKG_VERSION").bytes());
        digest.0.extend(component.0);
        digest
            .0
            .extend(configuration.map_or([0; 32], |digest| digest.0));
        Self(Digest::of(&digest.0))
    }
}

/// Collects what is hashed, so that it can be hashed by a function that is the same in every build.
struct HashToDigest(Vec<u8>);

impl std::hash::Hasher for HashToDigest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};

    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)?;
    // Not followed: a link could lead to a directory of somebody else.
    let found = fs::symlink_metadata(directory)?;
    let private = found.is_dir() && found.permissions().mode() & 0o077 == 0;
    if !private || found.uid() != owner_of_new_files(directory)? {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "`{}` must be a directory of this program's user that nobody else may enter (mode 0700)",
                directory.display()
            ),
        ));
    }
    Ok(())
}

/// Returns the user that this program runs as, by the file that it makes.
#[cfg(unix)]
fn owner_of_new_files(directory: &Path) -> io::Result<u32> {
    use std::os::unix::fs::MetadataExt as _;

    let path = directory.join(random_name()?);
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file.metadata()?.uid())
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    // Access is the business of the folder above, a user's own one by default.
    fs::create_dir_all(directory)
}

fn read_or_make_key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    match fs::read(path) {
        Ok(bytes) => {
            return bytes.try_into().map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("`{}` is no key: remove it", path.display()),
                )
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    write_whole(path, &[&key])?;
    // Another process may have been quicker: both then use the key that is there.
    fs::read(path)?
        .try_into()
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

/// Writes a file so that nobody ever sees half of it.
fn write_whole(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = path.with_extension(random_name()?);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        parts.iter().try_for_each(|part| file.write_all(part))?;
        drop(file);
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // What cannot be removed either is found by its odd name; nothing reads it.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn random_name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:016x}", u64::from_le_bytes(random)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "(component)";

    fn compiled(engine: &Engine) -> (CacheKey, Component) {
        let bytes = wat::parse_str(EMPTY).unwrap();
        let key = CacheKey::new(engine, Digest::of(&bytes), None);
        (key, Component::new(engine, &bytes).unwrap())
    }

    #[test]
    fn a_changed_file_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        let (key, component) = compiled(&engine);
        assert!(cache.load(&engine, &key).is_none());
        cache.store(&key, &component);
        assert!(cache.load(&engine, &key).is_some());

        let path = cache.path(&key);
        let mut bytes = fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(cache.load(&engine, &key).is_none());
    }

    #[test]
    fn a_file_of_another_name_or_key_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(&folder.path().join("one")).unwrap();
        let (key, component) = compiled(&engine);
        cache.store(&key, &component);

        let other = CacheKey::new(&engine, Digest::of(b"other"), None);
        fs::copy(cache.path(&key), cache.path(&other)).unwrap();
        assert!(cache.load(&engine, &other).is_none());

        let stranger = Cache::open(&folder.path().join("two")).unwrap();
        fs::copy(cache.path(&key), stranger.path(&key)).unwrap();
        assert!(stranger.load(&engine, &key).is_none());
        assert!(
            Cache::open(&folder.path().join("one"))
                .unwrap()
                .load(&engine, &key)
                .is_some(),
            "the key is kept"
        );
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        let (_, component) = compiled(&engine);
        let key = |number: usize| CacheKey(Digest::of(&number.to_le_bytes()));
        for number in 0..ARTEFACTS_MAX {
            fs::write(cache.path(&key(number)), "").unwrap();
            let written =
                std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number as u64);
            fs::File::options()
                .write(true)
                .open(cache.path(&key(number)))
                .unwrap()
                .set_modified(written)
                .unwrap();
        }
        cache.store(&key(ARTEFACTS_MAX), &component);
        assert!(!cache.path(&key(0)).exists());
        assert!(cache.path(&key(1)).exists());
        assert!(cache.load(&engine, &key(ARTEFACTS_MAX)).is_some());
        assert!(cache.directory.join(KEY_FILE).exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_may_enter_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let error = Cache::open(&open).unwrap_err();
        assert!(error.to_string().contains("mode 0700"), "{error}");

        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&open, &link).unwrap();
        assert!(Cache::open(&link).is_err());
    }
}
