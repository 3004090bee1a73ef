# lit's configuration. Parameters (--param NAME=VALUE), all optional:
#   build   the build folder (default: build, beside this folder)
#   cc      the C compiler that acc uses (default: gcc)
#   flags   options for every compilation by acc, such as "-O2" or "-O1 -fsanitize=address,undefined"
#   long    1: run what takes long, too
#   valgrind  1: run the programs under valgrind
#   env     settings for the programs under test, such as "AC_DEBUG=1"
import os
import shutil
import subprocess

import lit.formats

here = os.path.dirname(os.path.abspath(__file__))
build = os.path.abspath(lit_config.params.get('build', os.path.join(here, '..', 'build')))
cc = lit_config.params.get('cc', 'gcc')
flags = lit_config.params.get('flags', '')
way = '-'.join([os.path.basename(cc), *flags.replace('/', '_').replace('=', '').replace(',', '').split()])

config.name = f'acc with {cc} {flags}'.strip()
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = ['.ac', '.c', '.test']
config.excludes = ['Inputs', 'differential']
config.test_source_root = here
config.test_exec_root = os.path.join(build, 'tests', way)


def llvm_tools():
    """The folder that has FileCheck, not, count and split-file."""
    found = shutil.which('FileCheck')
    folders = [os.path.dirname(found)] if found else []
    folders += [f'/usr/lib/llvm-{version}/bin' for version in range(30, 18, -1)]
    for folder in folders:
        if all(os.access(os.path.join(folder, tool), os.X_OK) for tool in ('FileCheck', 'not', 'split-file')):
            return folder
    lit_config.fatal('FileCheck, not and split-file are missing: install llvm-19-tools')


# Nothing of the user's environment gets into a test.
config.environment = {
    'PATH': os.pathsep.join([llvm_tools(), os.environ.get('PATH', '/usr/bin:/bin')]),
    'LC_ALL': 'C.UTF-8',
    'HOME': os.environ.get('HOME', '/'),
    'TMPDIR': os.environ.get('TMPDIR', '/tmp'),
    'ACC_CC': cc,
    'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=1',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
}

for setting in lit_config.params.get('env', '').split():
    name, value = setting.split('=', 1)
    config.environment[name] = value

is_clang = 'clang' in subprocess.run([cc, '--version'], capture_output=True, text=True, check=True).stdout
is_sanitized = '-fsanitize' in flags
sanitized_runtime = os.path.join(build, 'lib', 'libac-sanitized.a')

# What valgrind says goes to files of its own, so that tests see what the programs say. %% is a percent sign.
valgrind = (f'valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite '
            f'--errors-for-leak-kinds=definite --suppressions={here}/valgrind.supp --log-file={build}/tests/valgrind.%%p')

# For programs that hang. Long: on a machine that is busy with other work, the leak sanitizer's turn at the end of a
# program that needs a hundredth of a second came after a minute.
limit = 'timeout 300'

acc = [os.path.join(build, 'bin', 'acc')]
if is_sanitized and not is_clang:  # the sanitizers' libraries of gcc and clang cannot be mixed
    runtime = os.path.join(build, 'lib', 'libac-thread-sanitized.a') if 'thread' in flags else sanitized_runtime
    acc.append(f'--runtime={runtime}')
    acc.append(f'--modules={build}/lib/' + ('thread-sanitized' if 'thread' in flags else 'sanitized'))
config.substitutions += [
    ('%acc', ' '.join(['timeout 120', *acc, flags]).strip()),
    ('%run', f'{limit} {valgrind}' if lit_config.params.get('valgrind') else limit),
    ('%cc', f'{cc} {flags}'.strip()),
    ('%sanitized-runtime', sanitized_runtime),
    ('%python', '/usr/bin/python3'),
    ('%build', build),
]

config.available_features.add('clang' if is_clang else 'gcc')
if 'thread' in flags:
    config.available_features.add('tsan')
elif is_sanitized:
    config.available_features.add('asan')
if subprocess.run([cc, '-E', '-'], input='#include <curl/curl.h>', capture_output=True, text=True, check=False).returncode == 0:
    config.available_features.add('libcurl')
if shutil.which('nginx'):
    config.available_features.add('nginx')
if shutil.which('gdb'):
    config.available_features.add('gdb')
if not flags:
    config.available_features.add('no-flags')
if lit_config.params.get('valgrind'):
    config.available_features.add('valgrind')
if lit_config.params.get('long'):
    config.available_features.add('long')
    offered = ['npm', 'view', 'better-sqlite3@12.11.1', 'version']
    if shutil.which('npm') and subprocess.run(offered, capture_output=True, check=False).returncode == 0:
        config.available_features.add('npm')
else:
    config.excludes.append('long')
