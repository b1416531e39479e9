#!/usr/bin/env bash
# Download the pinned packages and unpack their sources to FOLDER/<language>/<package>; what is there already stays.
set -euo pipefail

folder=$(realpath -m "${1:?Usage: training/collect.sh FOLDER}")
lists=$(cd "$(dirname "$0")/packages" && pwd)
downloads=$folder/.downloads
mkdir -p "$downloads"/{python,debian,javascript} "$folder"/{python,java,go,ruby,php,javascript}

# fetch COMMAND: what stands on standard input, many at once; where one is no longer offered, one by one, and the gap is named.
fetch() {
  export COMMAND=$1
  xargs -r -n 40 -P 4 bash -c '$COMMAND "$@" >/dev/null 2>&1 || for each; do $COMMAND "$each" >/dev/null 2>&1 || echo "not available: $each" >&2; done' _
}

download() {
  cd "$downloads/python"
  while read -r package; do
    compgen -G "${package%%==*}-${package##*==}-*.whl" >/dev/null || echo "$package"
  done <"$lists/python.txt" | fetch "pip download -q --no-deps --only-binary :all:"
  cd "$downloads/javascript"
  while read -r package; do
    version=${package##*@} name=${package%@*} name=${name#@}
    [ -f "${name//\//-}-$version.tgz" ] || echo "$package"
  done <"$lists/javascript.txt" | fetch "npm pack --silent"
  cd "$downloads/debian"
  while read -r package; do
    compgen -G "${package%%=*}_*.deb" >/dev/null || echo "$package"
  done <"$lists/debian.txt" | fetch "apt-get download -qq"
}

unpack_python() { # Every package is unpacked beside its place and moved there whole.
  for wheel in "$downloads"/python/*.whl; do
    name=$(basename "$wheel" | cut -d- -f1 | tr '[:upper:]' '[:lower:]')
    begin python "$name" || continue
    unzip -qqo "$wheel" '*.py' -d "$partial" || true
    finish python "$name"
  done
  if begin python stdlib; then
    cp -r "$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')"/. "$partial"
    rm -rf "$partial"/{site-packages,dist-packages,test,idlelib}
    finish python stdlib
  fi
}

unpack_javascript() {
  for archive in "$downloads"/javascript/*.tgz; do
    name=$(basename "$archive" .tgz | sed -E 's/-[0-9]+\..*//')
    begin javascript "$name" || continue
    tar xzf "$archive" -C "$partial" --strip-components=1 --wildcards '*.js' 2>/dev/null || true
    finish javascript "$name"
  done
}

unpack_debian() {
  for package in "$downloads"/debian/*.deb; do
    name=$(basename "$package" | cut -d_ -f1)
    case $name in
      python3-*) begin python "${name#python3-}" && unpack_files "$package" usr/lib/python3/dist-packages && finish python "${name#python3-}" ;;
      ruby-*) begin ruby "$name" && unpack_files "$package" usr && finish ruby "$name" ;;
      php-*) begin php "$name" && unpack_files "$package" usr/share/php && finish php "$name" ;;
      golang-1.*-src) begin go .std && unpack_files "$package" usr/share/go-*/src && finish go .std && spread_go ;;
      golang-*) begin go "$name" && unpack_files "$package" usr/share/gocode/src && finish go "$name" ;;
      openjdk-*) begin java .jdk && unpack_files "$package" usr/lib/jvm && finish java .jdk && spread_jdk ;;
    esac || true
  done
}

begin() {
  partial=$folder/.partial
  rm -rf "$partial"
  [ ! -e "$folder/$1/$2" ] && mkdir -p "$partial"
}

finish() { mv "$partial" "$folder/$1/$2"; }

unpack_files() { # of a Debian package, what lies below a folder of it
  dpkg-deb -x "$1" "$folder/.whole"
  cp -rL "$folder"/.whole/$2/. "$partial" 2>/dev/null || true
  rm -rf "$folder/.whole"
}

spread_go() { # the standard library, a package each
  for path in "$folder"/go/.std/*/; do
    case $(basename "$path") in cmd | vendor) ;; *) mv "$path" "$folder/go/std-$(basename "$path")" ;; esac
  done
}

spread_jdk() { # java.base/java/util becomes the package java.base.java.util
  unzip -qqo "$(find "$folder/java/.jdk" -name src.zip -type f | head -1)" -d "$folder/java/.jdk/src"
  cd "$folder/java/.jdk/src"
  for path in */*/*/; do mv "$path" "$folder/java/$(echo "${path%/}" | tr / .)"; done
}

download
unpack_python
unpack_javascript
unpack_debian
for language in python java go ruby php javascript; do echo "$language: $(find "$folder/$language" -mindepth 1 -maxdepth 1 -not -name '.*' | wc -l) packages"; done
