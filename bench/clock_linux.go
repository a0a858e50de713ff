package main

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is the processor time of the calling thread, processTime of all threads.
func threadTime() (time.Duration, error)  { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }
func processTime() (time.Duration, error) { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

func clock(id int32) (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(id, &t)
	return time.Duration(t.Nano()), err
}

// peakMemory is the most memory, in bytes, that the process had resident.
func peakMemory(p *os.ProcessState) (int64, error) {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("the system does not tell how much memory the process had")
	}
	return usage.Maxrss << 10, nil
}
