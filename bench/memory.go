package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"tocsin/bench/sets"
)

// measureMemory builds the command and prints the most memory that a scan of the
// set holds at a time, with two workers.
func measureMemory(ctx context.Context, s *sets.Set) error {
	dir, err := os.MkdirTemp("", "tocsin-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // what stays behind is in the temporary folder
	binary := filepath.Join(dir, "tocsin")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "tocsin/cmd/tocsin")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build tocsin (run bench from the repository): %w", err)
	}
	for _, workers := range []string{"1", "2"} {
		scan := exec.CommandContext(ctx, binary, "scan", "--json", "--workers", workers, s.Folder)
		scan.Stdout, scan.Stderr = io.Discard, os.Stderr
		// 3 says that an alarm rang, which it should.
		if err := scan.Run(); err != nil {
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 3 {
				return err
			}
		}
		peak, err := peakMemory(scan.ProcessState)
		if err != nil {
			return err
		}
		cpu := scan.ProcessState.UserTime() + scan.ProcessState.SystemTime()
		fmt.Printf("%s, --workers %s: %.1f MB at most, %.2f CPU s, %.1f MB of gzip\n", s.Name, workers, float64(peak)/1e6, cpu.Seconds(), float64(s.Packed)/1e6)
	}
	return nil
}
