#!/usr/bin/env bash
# Builds the program and packs it: dist/lectern-<version>-<machine>-linux.tar.gz and dist/lectern_<version>_<arch>.deb.
# Needs what `make build` needs, and dpkg-deb.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"
version=$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"/\1/p' Cargo.toml)
machine=$(uname -m)
arch=$(dpkg --print-architecture)
[ -f web/dist/index.html ] || { echo "the page is not built: run make package, which builds it first"; exit 1; }
# As `make build` does, so that the same libraries are used again.
cargo build --release --locked --workspace --bin lectern

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
mkdir -p dist
strip --strip-unneeded -o "$work/lectern" "$target/release/lectern"
# Dates are the commit's, so that the same program is packed into the same bytes.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}"
python3 packaging/third_party.py >"$work/THIRD-PARTY.txt"

# The tarball: everything in one folder, to be run where it is unpacked.
name="lectern-$version-$machine-linux"
tree="$work/$name"
mkdir -p "$tree/docs/examples"
install -m 755 "$work/lectern" "$tree/lectern"
install -m 644 README.md CHANGELOG.md LICENSE NOTICE configs/default.toml packaging/lectern.service packaging/lectern.default \
  "$work/THIRD-PARTY.txt" "$tree"
install -m 644 docs/*.md "$tree/docs"
install -m 644 docs/examples/* "$tree/docs/examples"
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -czf "dist/$name.tar.gz" "$name"

# The .deb.
root="$work/root"
doc="$root/usr/share/doc/lectern"
mkdir -p "$root"/{DEBIAN,usr/bin,usr/lib/systemd/system,etc/lectern,etc/default} "$doc/examples" \
  "$root"/usr/share/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
install -m 755 "$work/lectern" "$root/usr/bin/lectern"
install -m 644 packaging/lectern.service "$root/usr/lib/systemd/system/lectern.service"
install -m 644 packaging/lectern.toml "$root/etc/lectern/lectern.toml"
install -m 640 packaging/lectern.default "$root/etc/default/lectern"
install -m 644 CHANGELOG.md NOTICE configs/default.toml docs/*.md "$work/THIRD-PARTY.txt" "$doc"
install -m 644 docs/examples/* "$doc/examples"
install -m 644 packaging/copyright "$doc/copyright"
printf 'lectern (%s) unstable; urgency=medium\n\n  * CHANGELOG.md tells what changed.\n\n -- %s  %s\n' "$version" \
  "$(sed -n 's/^Maintainer: //p' packaging/control)" "$(date -uRd "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
gzip -9n "$doc/THIRD-PARTY.txt"
"$work/lectern" completions bash >"$root/usr/share/bash-completion/completions/lectern"
"$work/lectern" completions zsh >"$root/usr/share/zsh/vendor-completions/_lectern"
"$work/lectern" completions fish >"$root/usr/share/fish/vendor_completions.d/lectern.fish"
install -m 755 packaging/postinst packaging/prerm packaging/postrm "$root/DEBIAN"
printf '%s\n' /etc/lectern/lectern.toml /etc/default/lectern >"$root/DEBIAN/conffiles"
# The oldest C library that has every symbol the program asks for.
glibc=$(objdump -T "$work/lectern" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -Vu | tail -1)
size=$(du -sk --exclude DEBIAN "$root" | cut -f1)
sed -e "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@GLIBC@/$glibc/; s/@SIZE@/$size/" packaging/control >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2 >DEBIAN/md5sums)
# Level 1: a fifth larger than the default, in a tenth of the time.
dpkg-deb --root-owner-group -Zxz -z1 --build "$root" "dist/lectern_${version}_$arch.deb" >/dev/null

ls -l dist
