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

export function kindOf(name: string): Kind {
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
  let plain = name;
  for (let before = ""; before !== plain; ) {
    before = plain;
    plain = plain.replace(/\[[^[\]]*\]/g, ""); // innermost first: they nest
  }
  const paren = plain.indexOf("(");
  const slash = (paren < 0 ? plain : plain.slice(0, paren)).lastIndexOf("/");
  return plain.slice(slash + 1);
}
