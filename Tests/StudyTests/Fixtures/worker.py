"""A worker in another language, by the protocol that `Worker` documents: its stages are pretence.

What it does is decided by its first argument, a folder:
  folder/crash      holds the kinds that die with SIGKILL once for each run (then the file crashed-<run>-<kind> is made)
  folder/crash-all  holds the kinds that always die
  folder/fail       holds the kinds that fail
  folder/lasting    holds the kinds that fail for good
  folder/slow       holds seconds that each stage takes
  folder/holdout    holds training options and objectives' parameters: trainings tell an accuracy on the holdout that is
                    lower the further their product is from 1
  folder/meet       holds how many workers must have a stage before any goes on, a minute at most
Every stage adds a line "kind target pid" to folder/log.
"""
import json, math, os, signal, sys, threading, time

folder = sys.argv[1]
stopping = threading.Event()
jobs, ready = [], threading.Condition()


def listed(name):
    path = os.path.join(folder, name)
    return open(path).read().split() if os.path.exists(path) else []


def send(event):
    print(json.dumps(event), flush=True)


def read():
    for line in sys.stdin:
        if line.strip() == '"stop"':
            stopping.set()
        with ready:
            jobs.append(None if line.strip() == '"stop"' else json.loads(line))
            ready.notify()
    os._exit(0)


def meet(workers):
    end = time.time() + 60
    while time.time() < end and len({line.split()[-1] for line in open(os.path.join(folder, "log"))}) < workers:
        time.sleep(0.02)


def holdout(plan):
    """None without a holdout."""
    if not listed("holdout") or plan["holdout"] == 0:
        return {}
    values = dict(plan["training"])
    for part in plan["objective"]["parts"]:
        values.update(part["parameters"])
    product = math.prod(values[name] for name in listed("holdout") if name in values)
    return {"holdout_accuracy": 1 / (1 + abs(math.log(product))) - 0.01 / values["epochs"]}


def work(job):
    kind, run = job["kind"], job["run"]
    target = (job.get("target") or {}).get("label", "")
    with open(os.path.join(folder, "log"), "a") as log:
        log.write(f"{kind} {target or '-'} {run} {os.getpid()}\n")
    meet(int((listed("meet") or ["0"])[0]))
    if kind in listed("crash-all"):
        sys.stderr.write("about to crash\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    mark = os.path.join(folder, f"crashed-{run}-{kind}")
    if kind in listed("crash") and not os.path.exists(mark):
        open(mark, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    end = time.time() + float((listed("slow") or ["0"])[0])
    while time.time() < end:
        if stopping.is_set():
            return send({"interrupted": {}})
        time.sleep(0.02)
    if kind in listed("fail") or kind in listed("lasting"):
        return send({"failed": {"_0": f"no luck with {kind}", "lasting": kind in listed("lasting")}})
    if kind == "train":
        os.makedirs(job["directory"], exist_ok=True)
        open(os.path.join(job["directory"], "weights.safetensors"), "w").close()
        for epoch in (1, 2):
            send({"epoch": {"_0": {"run_digest": run, "epoch": epoch, "loss": 1.0 / epoch, "train_accuracy": 0.5,
                                   "learning_rate": 0.1, "images_per_second": 100.0, **holdout(job["plan"])}}})
    if kind == "extract":
        os.makedirs(os.path.join(job["directory"], "features"), exist_ok=True)
        for split in ("train", "test"):
            path = f"{job['directory']}/features/{job['stage'][:16]}-{split}.safetensors"
            open(path, "w").close()
    print("a line that is no event", flush=True)
    send({"done": {"_0": [{"run_digest": run, "stage_digest": job["stage"], "name": kind + "_value", "target": target,
                           "split": "test", "value": 0.5}]}})


threading.Thread(target=read, daemon=True).start()
send({"ready": {}})
while True:
    with ready:
        while not jobs:
            ready.wait()
        job = jobs.pop(0)
    if job is None:
        break
    work(job)
