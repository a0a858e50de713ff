//go:build !linux

package main

import (
	"errors"
	"os"
	"time"
)

var errNoClock = errors.New("ratios are measured on Linux only, by the processor time of one thread")

func threadTime() (time.Duration, error)  { return 0, errNoClock }
func processTime() (time.Duration, error) { return 0, errNoClock }

func peakMemory(*os.ProcessState) (int64, error) { return 0, errNoClock }
