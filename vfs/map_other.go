//go:build !linux

package vfs

func mapFile(osFile, int64) ([]byte, func() error, error) { return nil, nil, ErrNoMap }
