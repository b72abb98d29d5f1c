package wal

// secure puts on disk what the segments in the directory hold. A process that was killed leaves what it had not synced with
// the system alone; it was read back from there, and the segment that is about to be made stands for it being on disk. Were
// the power to go off now, the log would have a gap.
func (l *Log) secure() error {
	names, err := l.o.FS.ReadDir(l.o.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := ParseName(name); !ok {
			continue
		}
		f, err := l.o.FS.OpenRW(l.path(name))
		if err != nil {
			return err
		}
		err = f.Sync()
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return l.o.FS.SyncDir(l.o.Dir)
}
