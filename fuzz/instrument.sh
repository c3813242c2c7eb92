#!/bin/sh
# Stands before rustc (RUSTC_WRAPPER) while the fuzz targets are built: lets libFuzzer see the branches and comparisons of our crates
# and of those that read bytes for them. All others are left as they are: the tables of wasmtime and its compiler would cost more
# time in each run than the readers do. Macros and build scripts have no `--target` and are left as well.
name= target=
previous=
for argument; do
    case $previous in
    --crate-name) name=$argument ;;
    --target) target=$argument ;;
    esac
    previous=$argument
done
case $target:$name in
:*) exec "$@" ;;
*:cordboard | *:cordboard_* | *:libfuzzer | *:serde | *:serde_core | *:serde_json | *:rmp | *:rmp_serde | *:redb | *:jiff | *:hound | *:base64 | *:http | *:url | *:percent_encoding | *:serde_urlencoded | *:httpdate)
    exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
*) exec "$@" ;;
esac
