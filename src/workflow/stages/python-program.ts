/**
 * The Python programs that run a stage's code. They are texts, because nothing but compiled TypeScript is shipped.
 *
 * `RUNNER`, called with the folder of the attempt: reads job.json and code.py there, runs the code as the module
 * `__main__`, and writes outcome.json. Standard output and error are the code's own.
 * `BOOTSTRAP`, called the same way: makes the virtual environment that environment.json asks for, once for all
 * attempts that ask for the same, and runs RUNNER in it.
 */
import type { Outputs } from './leaf.ts';

export interface PythonJob {
  /** What the code is called in tracebacks. */
  readonly file: string;
  /** The code as it was written, for tracebacks. */
  readonly shown: string;
  /** Globals of the code. */
  readonly vars: Outputs;
  /** Names that stand for placeholders. */
  readonly names: Outputs;
  readonly workingFolder: string;
}

/** What RUNNER and BOOTSTRAP write. */
export type PythonOutcome =
  | { readonly kind: 'outputs'; readonly outputs: Outputs; readonly dropped: readonly string[] }
  | { readonly kind: 'error'; readonly name: string; readonly message: string };

export interface PythonEnvironment {
  readonly deps: readonly string[];
  readonly version: string | null;
  /** Folder of all virtual environments of this user. */
  readonly cache: string;
}

export const RUNNER = `
import builtins, json, linecache, os, sys, traceback, types
folder = sys.argv[1]
with open(os.path.join(folder, "job.json"), encoding="utf-8") as f:
    job = json.load(f)
with open(os.path.join(folder, "code.py"), encoding="utf-8", newline="") as f:
    code = f.read()

def tell(outcome):
    path = os.path.join(folder, "outcome.json")
    with open(os.open(path + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        json.dump(outcome, f)
    os.replace(path + ".part", path)

# JSON as JavaScript reads it: no NaN, and no integers that a double cannot hold.
def plain(value, depth=0):
    if depth > 200:
        raise ValueError("too deep")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 2**53 else str(int(value))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("not a finite number")
        return float(value)
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key_text(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return value.__name__
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise TypeError(type(value).__name__)

def key_text(key):
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise TypeError("a key that is no text")

def outputs_of(names, given):
    outputs, dropped = {}, []
    for name, value in list(names.items()):
        if name.startswith("__") or name in job["names"] or isinstance(value, (type, types.ModuleType)):
            continue
        if name in given and given[name] is value:
            continue
        try:
            outputs[name] = plain(value)
        except Exception as error:
            dropped.append("%s (%s)" % (name, type(value).__name__))
    return {"kind": "outputs", "outputs": outputs, "dropped": dropped}

def failure(error):
    if isinstance(error, SystemExit):
        message = "the code called sys.exit(%r)" % (error.code,)
    else:
        try:
            message = str(error)
        except Exception:
            message = "<no text>"
    return {"kind": "error", "name": type(error).__name__, "message": message}

def show(error):
    if isinstance(error, SystemExit):
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        return
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != job["file"]:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)

def run():
    sys.argv = [job["file"]]
    sys.path[0] = job["workingFolder"]
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    given = dict(job["vars"])
    names = main.__dict__
    names.update(given)
    names.update(job["names"])
    shown = job["shown"]
    linecache.cache[job["file"]] = (len(shown), None, shown.splitlines(True), job["file"])
    try:
        exec(compile(code, job["file"], "exec", dont_inherit=True), names)
    except SystemExit as error:
        if error.code not in (None, 0):
            raise
    return outputs_of(names, given)

outcome, failed = None, False
try:
    outcome = run()
except BaseException as error:
    failed = True
    outcome = failure(error)
    show(error)
try:
    sys.stdout.flush()
except Exception:
    pass
tell(outcome)
sys.exit(1 if failed else 0)
`;

export const BOOTSTRAP = String.raw`
import hashlib, json, os, re, shutil, signal, subprocess, sys, tempfile, time
folder = sys.argv[1]
with open(os.path.join(folder, "environment.json"), encoding="utf-8") as f:
    wanted = json.load(f)
windows = os.name == "nt"
STALE_SECONDS = 24 * 60 * 60

class Failed(Exception):
    pass

def python_of(environment):
    return os.path.join(environment, "Scripts" if windows else "bin", "python.exe" if windows else "python")

def stopped(number, frame):
    raise SystemExit(128 + number)

def tell(message):
    path = os.path.join(folder, "outcome.json")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
        json.dump({"kind": "error", "name": "StageError", "message": message}, f)

def step(what, argv):
    last = []
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in child.stdout:
        text = line.decode("utf-8", "replace").rstrip()
        print(text, file=sys.stderr, flush=True)
        last = (last + [text])[-5:]
    if child.wait() != 0:
        raise Failed("%s failed with code %s:\n%s" % (what, child.returncode, "\n".join(last)))

def key():
    text = json.dumps([sorted(wanted["deps"]), list(sys.version_info), os.path.realpath(sys.executable)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]

def sweep(cache):
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if name.endswith(".part") and time.time() - os.path.getmtime(path) > STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)

# Made under a name of its own and moved into place: two attempts at once both make one, and one of them wins.
# A virtual environment may be moved as long as only its interpreter is used.
def environment():
    cache = wanted["cache"]
    os.makedirs(cache, mode=0o700, exist_ok=True)
    ready = os.path.join(cache, key())
    if os.path.exists(python_of(ready)):
        return ready
    sweep(cache)
    part = tempfile.mkdtemp(prefix="venv-", suffix=".part", dir=cache)
    try:
        pip = [] if wanted["deps"] else ["--without-pip"]
        step("python -m venv", [sys.executable, "-m", "venv", *pip, part])
        if wanted["deps"]:
            options = ["--disable-pip-version-check", "--no-input", "--quiet"]
            step("pip install", [python_of(part), "-m", "pip", "install", *options, "--", *wanted["deps"]])
        if os.path.exists(ready) and not os.path.exists(python_of(ready)):
            shutil.rmtree(ready, ignore_errors=True)
        try:
            os.rename(part, ready)
        except OSError:
            if not os.path.exists(python_of(ready)):
                raise
        return ready
    finally:
        shutil.rmtree(part, ignore_errors=True)

def check_version():
    version = wanted["version"]
    have = ".".join(str(part) for part in sys.version_info[:3])
    if version is not None and not (have + ".").startswith(version + "."):
        raise Failed("the stage needs Python %s, and there is only %s: install uv, or python%s" % (version, have, version))

signal.signal(signal.SIGTERM, stopped)
try:
    check_version()
    python = python_of(environment())
except (Failed, OSError) as error:
    tell(str(error))
    sys.exit(1)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
argv = [python, "-u", "-X", "utf8", os.path.join(folder, "runner.py"), folder]
if windows:
    sys.exit(subprocess.call(argv))
os.execv(python, argv)
`;
