package source

import (
	"io/fs"
	"syscall"
	"time"
)

// changedAt is when a file's name, owner, mode or content was last changed.
func changedAt(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctim.Unix())
	}
	return time.Time{}
}
