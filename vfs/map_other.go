//go:build !linux

package vfs

const mapPage = 4096

func mapFile(osFile, int64) (*Mapping, error) { return nil, ErrNoMap }
