#!/usr/bin/env bash
# Builds what a release consists of into target/release-files: the program with the list of its
# dependencies in it, manual pages, completions, a Debian package and the crates' packages.
#
#   cargo install cargo-auditable cargo-deny; cargo install cargo-deb --no-default-features
#   scripts/release.sh
#
# The versions of system libraries that the program needs are printed (on Debian 12: glibc 2.34).
set -euo pipefail
cd "$(dirname "$0")/.."
out=target/release-files
MOST_PACKAGED=5000000 # bytes
rm -rf "$out"
mkdir -p "$out/man" "$out/completions"

# Licences, sources and duplicates of what is linked in; the same minimum Rust everywhere.
cargo deny --all-features check bans licenses sources
minimum=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
grep -q "Rust\](.*) $minimum or newer" README.md
for manifest in crates/*/Cargo.toml; do grep -q '^rust-version.workspace = true' "$manifest"; done

# Each crate as a registry would get it, built from its package alone.
cargo package --workspace --locked --allow-dirty
packaged=$(cat target/package/gan-tui*.crate | wc -c)
echo "packages of all crates: $packaged bytes"
[ "$packaged" -lt "$MOST_PACKAGED" ]

cargo auditable build --release --locked
program=target/release/gan-tui
strip --output-file="$out/gan-tui" "$program"
"$program" man --dir "$out/man"
"$program" completions bash > "$out/completions/gan-tui"
"$program" completions zsh > "$out/completions/_gan-tui"
"$program" completions fish > "$out/completions/gan-tui.fish"

cargo deb --no-build --output "$out/gan-tui.deb"
tar --create --gzip --file "$out/gan-tui-$(uname -m)-linux.tar.gz" --owner=0 --group=0 \
    --transform 's,^,gan-tui/,' LICENSE-APACHE LICENSE-MIT README.md \
    --directory "$out" gan-tui man completions
(cd "$out" && sha256sum gan-tui gan-tui.deb ./*.tar.gz > SHA256SUMS)

# The newest symbol versions that a system must have.
objdump --dynamic-syms "$program" | grep -o '\(GLIBC\|GCC\)_[0-9.]*' | sort -Vu |
    awk -F_ '{newest[$1] = $0} END {for (of in newest) print "needs", newest[of]}'
# The dependencies that are in the program, for a scanner or a person.
objcopy --dump-section .dep-v0=/dev/stdout "$program" | python3 -c '
import json, sys, zlib
found = json.loads(zlib.decompress(sys.stdin.buffer.read()))["packages"]
print(len(found), "packages are listed in the program")'
ls -l "$out"
