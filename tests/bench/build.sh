#!/bin/sh
# build.sh ACC OUT_DIR: builds the workloads in Async C, and of the peers those whose compilers and libraries are there.
set -eu
acc=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
clangxx=${CLANGXX:-clang++-19}
crates=/usr/share/cargo/registry # where Debian's librust-*-dev packages lie

has() { command -v "$1" >/dev/null 2>&1; }
missing() { echo "left out: $*"; }

gcc -O2 loadgen.c -o "$out/loadgen"
gcc -O2 -static startup.c -o "$out/startup"

async_c() { # NAME, with ACC_CC set
    (cd workloads && "$acc" -O2 -DPEER="\"acc-$1\"" await.ac elsewhere.ac elsewhere_mid.ac tasks.ac items.ac timers.ac main.ac \
        -o "$out/acc-$1")
    for program in echo http http_server hello frames growth; do
        "$acc" -O2 "workloads/$program.ac" -o "$out/$program-acc-$1"
    done
    "$acc" -O2 -DPEER="\"acc-$1\"" workloads/fetch.ac -o "$out/fetch-acc-$1" || missing "the HTTP client (libcurl)"
}
ACC_CC=gcc async_c gcc
if has "$clang"; then ACC_CC=$clang async_c clang; else missing "$clang"; fi

cd peers
gcc -O2 c-epoll/main.c -o "$out/c-epoll"
gcc -O2 c-epoll/hello.c -o "$out/hello-c-epoll"
gcc -O2 c-epoll/server.c -o "$out/c-epoll-server"

if has g++; then
    g++ -std=c++20 -O2 cpp20/hello.cpp -o "$out/hello-cpp20-gcc"
    g++ -std=c++20 -O2 -DPEER='"cpp20-gcc"' cpp20/bare.cpp -o "$out/cpp20-gcc"
else
    missing g++
fi
if has "$clangxx"; then
    "$clangxx" -std=c++20 -O2 cpp20/hello.cpp -o "$out/hello-cpp20-clang"
    "$clangxx" -std=c++20 -O2 -DPEER='"cpp20-clang"' cpp20/bare.cpp -o "$out/cpp20-clang"
    if [ "$("$clangxx" -dumpversion | cut -d. -f1)" -ge 20 ]; then
        "$clangxx" -std=c++20 -O2 -DELIDE -DPEER='"cpp20-clang-elide"' cpp20/bare.cpp -o "$out/cpp20-clang-elide"
    else
        missing "coro_await_elidable (clang 20)"
    fi
else
    missing "$clangxx"
fi
if [ -e /usr/include/asio.hpp ] && has g++; then
    g++ -std=c++20 -O2 cpp20/asio_hello.cpp -o "$out/hello-asio-gcc"
    g++ -std=c++20 -O2 -DPEER='"asio-gcc"' cpp20/asio_bench.cpp -o "$out/asio-gcc"
    if has "$clangxx"; then
        "$clangxx" -std=c++20 -O2 -DASIO_HAS_CO_AWAIT -DASIO_HAS_STD_COROUTINE -DPEER='"asio-clang"' \
            cpp20/asio_bench.cpp -o "$out/asio-clang"
    fi
else
    missing asio
fi
if has pkg-config && pkg-config --exists libuv; then
    gcc -O2 libuv/main.c -o "$out/libuv" $(pkg-config --cflags --libs libuv)
    gcc -O2 libuv/hello.c -o "$out/hello-libuv" $(pkg-config --cflags --libs libuv)
else
    missing libuv
fi
if has rustc; then
    rustc --edition 2021 -C opt-level=3 -C codegen-units=1 rust-std/main.rs -o "$out/rust-std"
    rustc --edition 2021 -C opt-level=3 -C codegen-units=1 rust-std/hello.rs -o "$out/hello-rust-std"
    rustc --edition 2021 -C opt-level=3 rust-std/frames.rs -o "$out/frames-rust"
else
    missing rustc
fi
if has go; then
    GO111MODULE=off go build -o "$out/go-bench" go/main.go
    GO111MODULE=off go build -o "$out/hello-go" go/hello.go
    GO111MODULE=off go build -o "$out/fetch-go" go/fetch.go
else
    missing go
fi
if has valac; then
    valac -X -O2 -X -w --pkg gio-2.0 vala/bench.vala -o "$out/vala"
else
    missing valac
fi
if has cargo && ls $crates/tokio-1* $crates/hyper-0* >/dev/null 2>&1; then
    # Cargo writes a lock file beside the manifest: build from a copy.
    rm -rf "$out/tokio-source" && cp -r tokio "$out/tokio-source"
    (cd "$out/tokio-source" && CARGO_TARGET_DIR="$out/tokio-target" cargo build -q --release --offline \
        --config 'source.crates-io.replace-with="debian"' --config "source.debian.directory=\"$crates\"")
    cp "$out/tokio-target/release/tokio-bench" "$out/tokio"
    cp "$out/tokio-target/release/hello" "$out/hello-tokio"
else
    missing "tokio and hyper"
fi
