package main

import (
	"errors"
	"os"
	"syscall"
)

// peakMemory is the most memory, in bytes, that the process had resident.
func peakMemory(p *os.ProcessState) (int64, error) {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("the system does not tell how much memory the process had")
	}
	return usage.Maxrss << 10, nil
}
