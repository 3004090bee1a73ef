"""terminal.py PROGRAM: runs it on a terminal of its own, types two lines and the end of input, prints what it prints."""
import os
import pty
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1]])
os.write(terminal, b'one\ntwo\n\x04')
output = b''
try:
    while block := os.read(terminal, 4096):
        output += block
except OSError: # the other end is closed
    pass
os.waitpid(pid, 0)
print(output.decode().replace('\r', ''))
