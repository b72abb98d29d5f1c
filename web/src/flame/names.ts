// Function names as Go writes them: what to show of them in a narrow frame, and which kind of code they are.

export type Kind = "project" | "library" | "standard" | "system" | "runtime" | "collector" | "other";

export const kinds: { kind: Kind; label: string }[] = [
  { kind: "project", label: "Program" },
  { kind: "library", label: "Libraries" },
  { kind: "standard", label: "Standard library" },
  { kind: "system", label: "System calls" },
  { kind: "runtime", label: "Runtime, scheduler" },
  { kind: "collector", label: "Allocation, GC" },
];

const standardRoots = new Set(
  ("archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html " +
    "image index internal io iter log maps math mime net os path plugin reflect regexp slices sort strconv strings structs sync " +
    "syscall testing text time unicode unique unsafe vendor weak").split(" "),
);

// The garbage collector and the allocator are parts of the runtime that a program can do something about.
const collector = /^runtime\.(gc|bgsweep|bgscavenge|scan|mark|sweep|malloc|mallocgc|newobject|makeslice|growslice|grey|deduct|wbBuf|bulkBarrier|\(\*(mspan|mcache|mcentral|mheap|gcWork|gcBits|pageAlloc|sweepLocked|gcControllerState|unwinder|scavengerState))/;

/** Tells the kinds of functions of one graph apart: of a Go program, or of one in another language with the kernel below it. */
export function kindOf(names: string[], where: string[]): Kind[] {
  const go = names.some((n) => n.startsWith("runtime."));
  return names.map((n, i) => (/kernel|^vmlinux/.test(where[i] ?? "") ? "system" : go ? kindOfGo(n) : kindOfC(n)));
}

const cAllocator = /^(je_|jemalloc|arena_|tcache_|extent_|mi_|tc_|_int_(malloc|free|realloc)|z?(malloc|calloc|realloc|free|usable)|__libc_(malloc|free|calloc|realloc)|cfree|memalign|operator (new|delete))/;
const cLibrary = /^(_*(read|write|recv|send|syscall|clone|clone3|start_thread)$|_*(libc_|pthread_|lll_|GI_|mem(cpy|move|set|cmp|chr)|str(len|n?cmp|casecmp|chr|to)|v?s?n?printf|vfprintf|epoll_|clock_gettime)|lua|mz_|intel_|__(mem|str)\w*_(avx|sse|evex|erms))/;

function kindOfC(name: string): Kind {
  if (name.startsWith("(") || name === "all") return "other";
  if (/^(entry_|do_syscall|__x64_sys|__do_|sys_|tcp_|ip_|sock_|ep_|net_rx|__napi|schedule|__schedule|asm_|\[kernel)/.test(name)) return "system";
  if (cAllocator.test(name)) return "collector";
  if (cLibrary.test(name)) return "standard";
  if (/^(0x|\[unknown|\(unknown)/.test(name)) return "runtime";
  return "project";
}

export function kindOfGo(name: string): Kind {
  if (name.startsWith("(")) return "other"; // "(smaller frames)", "(root)"
  if (/^(syscall\.|internal\/runtime\/syscall|runtime\/internal\/syscall|internal\/poll\.|golang\.org\/x\/sys\/)/.test(name)) return "system";
  if (/^runtime\.(futex|epollwait|read|write1?|madvise|usleep|nanotime|vdso)\w*$/.test(name)) return "system";
  if (collector.test(name)) return "collector";
  if (/^(runtime|internal\/runtime)[./]/.test(name) || !/[./]/.test(name)) return "runtime";
  const root = name.slice(0, name.search(/[./]/));
  if (standardRoots.has(root)) return "standard";
  const slash = name.indexOf("/");
  return slash > 0 && name.slice(0, slash).includes(".") ? "library" : "project";
}

/** "redline/server/internal/keyspace.(*Shard).Get" -> "keyspace.(*Shard).Get"; type arguments are left out. */
export function shortName(name: string): string {
  if (name.startsWith("[")) return name; // a program without a name for the function: "[redis-server]"
  let plain = name;
  for (let before = ""; before !== plain; ) {
    before = plain;
    plain = plain.replace(/\[[^[\]]*\]/g, ""); // innermost first: they nest
  }
  const paren = plain.indexOf("(");
  const slash = (paren < 0 ? plain : plain.slice(0, paren)).lastIndexOf("/");
  return plain.slice(slash + 1);
}
