package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

//go:embed duckdb.mjs
var duckScript []byte

// duckDB is DuckDB in a process of its own.
type duckDB struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startDuckDB starts node in a folder with the package @duckdb/node-api.
func startDuckDB(ctx context.Context, folder, segments string) (*duckDB, error) {
	segments, err := filepath.Abs(segments)
	if err != nil {
		return nil, err
	}
	script := filepath.Join(folder, "tocsin-store.mjs")
	if err := os.WriteFile(script, duckScript, 0o600); err != nil {
		return nil, err
	}
	d := &duckDB{command: exec.CommandContext(ctx, "node", script, segments, strconv.Itoa(runtime.GOMAXPROCS(0)))}
	d.command.Stderr = os.Stderr
	if d.in, err = d.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReaderSize(out, 1<<20)
	return d, d.command.Start()
}

func (d *duckDB) stop() { _ = errors.Join(d.in.Close(), d.command.Wait()) }

// answered is what DuckDB found, and how long it took by its own clock.
type answered struct {
	ms    float64
	found int64 // the number of rows, or the number in the only one
}

func (d *duckDB) ask(sql string) (answered, error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return answered{}, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return answered{}, err
	}
	text, err := d.out.ReadBytes('\n')
	if err != nil {
		return answered{}, err
	}
	var a struct {
		MS    float64 `json:"ms"`
		Rows  [][]any `json:"rows"`
		Error string  `json:"error"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return answered{}, err
	}
	if a.Error != "" {
		return answered{}, errors.New(a.Error)
	}
	found := int64(len(a.Rows))
	if len(a.Rows) == 1 && len(a.Rows[0]) == 1 {
		if found, err = strconv.ParseInt(fmt.Sprint(a.Rows[0][0]), 10, 64); err != nil {
			return answered{}, err
		}
	}
	return answered{a.MS, found}, nil
}
