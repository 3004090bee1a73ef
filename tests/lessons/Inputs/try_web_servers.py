"""try_web_servers.py STATIC_SERVER REVERSE_PROXY FOLDER: a browser on the one, requests through the other."""
import http.client
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

PAGE = '''<!doctype html><title>page</title><link rel="stylesheet" href="style.css"><p id="p">plain</p>
<img src="picture.svg" id="i"><script src="sub/script.js"></script>'''
SCRIPT = '''window.onload = () => { document.getElementById("p").textContent = "script, " +
getComputedStyle(document.body).color + ", " + document.getElementById("i").naturalWidth; };'''
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"/>'


class Program:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        print('stopped with', self.process.wait(20))


def fetch(url, data=None):
    try:
        with urllib.request.urlopen(url, data, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()


def ask(url, target, headers={}):
    """A request with any target and fields."""
    connection = http.client.HTTPConnection(url.split('/')[2], timeout=20)
    connection.request('GET', target, headers=headers)
    response = connection.getresponse()
    return response.status, response.read().decode().strip()


def browse(url):
    browser = shutil.which('chromium')
    if not browser:
        print('left out: chromium')
        return
    out = subprocess.run([browser, '--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=5000',
                          '--dump-dom', url], capture_output=True, text=True, timeout=50, check=False).stdout
    print('browser:', out.split('<p id="p">')[1].split('</p>')[0])


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self, text):
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.send_header('X-Upstream', 'yes')
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        if self.path == '/slow':
            time.sleep(3)
        if self.path == '/fields':
            self.answer(' '.join(name for name in self.headers if name.startswith('X-')).encode())
            return
        self.answer(f'{self.path} for {self.headers["X-Forwarded-For"]}'.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers['Content-Length'])).upper())

    def log_message(self, *_):
        pass


def static(program, folder):
    os.makedirs(folder + '/sub')
    for name, text in (('index.html', PAGE), ('style.css', 'body { color: rgb(1, 2, 3) }'), ('sub/script.js', SCRIPT),
                       ('picture.svg', PICTURE)):
        with open(os.path.join(folder, name), 'w', encoding='ascii') as file:
            file.write(text)
    server = Program(program, folder)
    print('page:', fetch(server.url)[1] == PAGE)
    print('script:', fetch(server.url + 'sub/script.js')[1] == SCRIPT)
    print('missing:', fetch(server.url + 'none'))
    browse(server.url)
    server.stop()


def proxy(program):
    upstream = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    server = Program(program, f'http://127.0.0.1:{upstream.server_port}', '--timeout', '1')
    print('get:', fetch(server.url + 'a/b?c=d'))
    print('post:', fetch(server.url, b'shout'))
    print('elsewhere:', ask(server.url, 'http://example.invalid/a')[0])
    print('fields:', ask(server.url, '/fields', {'Connection': 'X-One,close', 'X-One': '1', 'X-Two': '2'}))
    print('many fields:', ask(server.url, '/fields', {f'X-{i}': '' for i in range(98)}))
    print('slow:', fetch(server.url + 'slow'))
    upstream.shutdown()
    upstream.server_close()
    print('gone:', fetch(server.url)[0] in (502, 504))
    server.stop()


static(sys.argv[1], sys.argv[3])
proxy(sys.argv[2])
