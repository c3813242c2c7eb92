//! What a component is, read from its bytes without running it.

use cordboard_contract::{
    MANIFEST_BYTES_MAX, MANIFEST_SECTION,
    v0_1::{self, Point},
};
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentInstance, Parser, Payload};

use crate::{error::LoadError, guest::one_line};

/// The package prefix of everything that a contract version names.
const PACKAGE_PREFIX: &str = "cordboard:plugin/";

/// Longest name of an import or export that an error shows, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Places in which a component, or one inside it, starts components. Nested ones multiply, and those
/// that toolchains make have one for each of their interfaces.
const COMPONENT_INSTANCES_MAX: usize = 32;

/// What was found in the bytes of a component.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// The text of the manifest.
    pub(crate) manifest: String,
    /// The decision points that it exports.
    pub(crate) points: Vec<Point>,
    /// Whether results stay untouched after the call, so that they can be read in place: no
    /// function of the component has a `post-return`.
    pub(crate) results_stay: bool,
}

/// All that was found in the bytes of a component, right or wrong.
#[derive(Debug)]
pub(crate) struct Examined {
    /// What it imports, fit for a terminal.
    pub(crate) imports: Vec<String>,
    /// What it exports, likewise.
    pub(crate) exports: Vec<String>,
    /// The decision points among that.
    pub(crate) points: Vec<Point>,
    /// The text of the manifest, or why there is none.
    pub(crate) manifest: Result<String, LoadError>,
    /// What is wrong with imports, exports and parts, in this order.
    pub(crate) problems: Vec<LoadError>,
    results_stay: bool,
}

/// Reads the bytes of a component and checks, without compiling it, that it asks for nothing that
/// it may not have and is written for a contract that this host speaks.
pub(crate) fn inspect(bytes: &[u8], bytes_max: u64) -> Result<Inspected, LoadError> {
    let examined = examine(bytes, bytes_max)?;
    if let Some(first) = examined.problems.into_iter().next() {
        return Err(first);
    }
    Ok(Inspected {
        points: examined.points,
        manifest: examined.manifest?,
        results_stay: examined.results_stay,
    })
}

/// Reads the bytes of a component and finds all that [`inspect`] refuses it for.
///
/// # Errors
///
/// It is no component at all, or too large to look at.
pub(crate) fn examine(bytes: &[u8], bytes_max: u64) -> Result<Examined, LoadError> {
    let size = bytes.len() as u64;
    if size > bytes_max {
        return Err(LoadError::TooLarge {
            bytes: size,
            max: bytes_max,
        });
    }
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    if !Parser::is_component(bytes) {
        return Err(LoadError::NotWebAssembly);
    }
    let parts = Parts::read(bytes).map_err(|error| LoadError::Malformed(error.to_string()))?;
    let mut problems = Vec::new();
    if parts.component_instances > COMPONENT_INSTANCES_MAX {
        problems.push(LoadError::Resources(format!(
            "it starts components in {} places, at most {COMPONENT_INSTANCES_MAX} are allowed",
            parts.component_instances
        )));
    }
    check_imports(&parts.imports, &mut problems);
    Ok(Examined {
        points: check_exports(&parts.exports, &mut problems),
        imports: shown(&parts.imports),
        exports: shown(&parts.exports),
        manifest: the_manifest(&parts.manifests),
        problems,
        results_stay: parts.results_stay,
    })
}

/// Most imports, and most exports, that are told.
const NAMES_TOLD_MAX: usize = 64;

fn shown(names: &[&str]) -> Vec<String> {
    let names = names.iter().take(NAMES_TOLD_MAX);
    names.map(|name| one_line(name, NAME_BYTES_MAX)).collect()
}

/// The parts of a component that are of interest.
struct Parts<'a> {
    imports: Vec<&'a str>,
    exports: Vec<&'a str>,
    manifests: Vec<&'a [u8]>,
    component_instances: usize,
    results_stay: bool,
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> wasmparser::Result<Self> {
        let mut parts = Self {
            imports: Vec::new(),
            exports: Vec::new(),
            manifests: Vec::new(),
            component_instances: 0,
            results_stay: true,
        };
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        parts.imports.push(import?.name.name);
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        parts.exports.push(export?.name.name);
                    }
                }
                Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                    parts.manifests.push(section.data());
                }
                Payload::ComponentInstanceSection(instances) => {
                    for instance in instances {
                        if let ComponentInstance::Instantiate { .. } = instance? {
                            parts.component_instances += 1;
                        }
                    }
                }
                Payload::ComponentCanonicalSection(functions) => {
                    for function in functions {
                        if let CanonicalFunction::Lift { options, .. } = function? {
                            parts.results_stay &= !options
                                .iter()
                                .any(|option| matches!(option, CanonicalOption::PostReturn(_)));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(parts)
    }
}

fn check_imports(imports: &[&str], problems: &mut Vec<LoadError>) {
    let strangers = imports.iter().filter(|name| **name != v0_1::IMPORT_LOG);
    problems.extend(strangers.take(NAMES_TOLD_MAX).map(|name| {
        other_version(name, &[v0_1::IMPORT_LOG]).unwrap_or_else(|| LoadError::ForbiddenImport {
            name: one_line(name, NAME_BYTES_MAX),
            allowed: v0_1::IMPORT_LOG,
        })
    }));
}

fn check_exports(exports: &[&str], problems: &mut Vec<LoadError>) -> Vec<Point> {
    let known: Vec<&str> = Point::ALL
        .iter()
        .map(|point| point.interface())
        .chain([v0_1::EXPORT_META])
        .collect();
    let others = exports
        .iter()
        .filter_map(|name| other_version(name, &known));
    let before = problems.len();
    problems.extend(others.take(NAMES_TOLD_MAX));
    let has_others = problems.len() > before;
    if !exports.contains(&v0_1::EXPORT_META) && !has_others {
        problems.push(LoadError::MissingExport {
            name: v0_1::EXPORT_META.to_owned(),
        });
    }
    let points: Vec<Point> = Point::ALL
        .into_iter()
        .filter(|point| exports.contains(&point.interface()))
        .collect();
    // What is of another version is told already, and is all that there is.
    if points.is_empty() && !has_others {
        let known = Point::ALL.map(|point| format!("`{}`", point.interface()));
        problems.push(LoadError::NoDecisionPoint(known.join(", ")));
    }
    points
}

/// The mistake of a name of this package that is none of the `known` ones.
fn other_version(name: &str, known: &[&str]) -> Option<LoadError> {
    let is_other = name.starts_with(PACKAGE_PREFIX) && !known.contains(&name);
    is_other.then(|| LoadError::ContractVersion {
        name: one_line(name, NAME_BYTES_MAX),
        supported: v0_1::PACKAGE,
    })
}

fn the_manifest(found: &[&[u8]]) -> Result<String, LoadError> {
    let text = match found {
        [] => return Err(LoadError::Manifest("is missing".into())),
        [one] => *one,
        [_, _, ..] => {
            return Err(LoadError::Manifest(format!(
                "stands in {} places, it must stand in one",
                found.len()
            )));
        }
    };
    if text.len() > MANIFEST_BYTES_MAX {
        return Err(LoadError::Manifest(format!(
            "has {} bytes, at most {MANIFEST_BYTES_MAX} are allowed",
            text.len()
        )));
    }
    String::from_utf8(text.to_vec()).map_err(|_| LoadError::Manifest("is not UTF-8".into()))
}
