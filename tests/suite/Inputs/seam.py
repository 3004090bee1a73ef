"""seam.py SOURCES: looks for calls that stand outside the seam (stdlib/src/sys.h)."""
import os
import re
import sys

NAMES = '''malloc calloc realloc reallocarray aligned_alloc strdup strndup asprintf vasprintf getline realpath fopen
    open_memstream getaddrinfo opendir fdopendir scandir nftw
    read write readv writev pread pwrite preadv2? pwritev2? recv recvfrom recvmsg send sendto sendmsg sendfile splice
    copy_file_range open openat creat pipe2? dup[23]? fcntl socket socketpair bind listen connect accept4? shutdown
    getsockname getpeername getsockopt stat lstat fstat fstatat statx access mkdir rename remove rmdir symlink link chmod
    fchmod fsync fdatasync ftruncate getrandom eventfd mmap pthread_create posix_spawnp? posix_spawn_file_actions_add\\w+
    syscall'''.split()
CALL = re.compile(rf'(?<![\w.>"])({"|".join(NAMES)})\(')
SEAM = re.compile(r'\b(?:SYSTEM|MEMORY|MEMORY_OR)\(|\bac__(?:syscall|allocation)_fails\(\) \? \w+ : \w+\(')
# Fails only where that is no failure, or where there is nobody to tell.
EXEMPT = re.compile(r'syscall\(SYS_pidfd_send_signal')
DECLARATION = re.compile(r'(?:static |async |extern )[\w *]*$')


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def without_seam(text):
    """The text without comments, and without what stands in the seam's parentheses."""
    text = re.sub(r'/\*.*?\*/', lambda comment: blank(comment[0]), text, flags=re.S)
    for match in SEAM.finditer(text):
        end, depth = match.end(), 1
        while depth:
            depth += {'(': 1, ')': -1}.get(text[end], 0)
            end += 1
        text = text[:match.start()] + blank(text[match.start():end]) + text[end:]
    return text


def bare_calls(text):
    for number, line in enumerate(without_seam(text).split('\n'), 1):
        for call in CALL.finditer(line):
            if not EXEMPT.match(line, call.start()) and not DECLARATION.search(line[:call.start()]):
                yield number, call[1]


found = []
for folder, _, names in os.walk(sys.argv[1]):
    for name in sorted(set(names) - {'sys.h'}):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            path = os.path.relpath(file.name, sys.argv[1])
            found += [f'{path}:{number}: {call} stands outside the seam' for number, call in bare_calls(file.read())]
print('\n'.join(found))
sys.exit(bool(found))
