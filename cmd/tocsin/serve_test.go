//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A daemon is the program serving, with its log.
type daemon struct {
	*exec.Cmd
	t   *testing.T
	log *bufio.Scanner
	out bytes.Buffer
}

func serve(t *testing.T, args ...string) *daemon {
	t.Helper()
	d := &daemon{t: t, Cmd: process(t, append([]string{"serve"}, args...)...)}
	d.Stdout = &d.out
	errs, err := d.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	d.log = bufio.NewScanner(errs)
	return d
}

// until reads the log up to a line that holds a text.
func (d *daemon) until(want string) string {
	d.t.Helper()
	var seen strings.Builder
	for d.log.Scan() {
		if strings.Contains(d.log.Text(), want) {
			return d.log.Text()
		}
		seen.WriteString(d.log.Text() + "\n")
	}
	d.t.Fatalf("the log ended without %q:\n%s", want, &seen)
	return ""
}

func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// end waits for the program and gives its exit code.
func (d *daemon) end() int {
	d.t.Helper()
	if _, err := io.Copy(io.Discard, d.rest()); err != nil {
		d.t.Fatal(err)
	}
	_ = d.Wait() // the exit code says it
	return d.ProcessState.ExitCode()
}

// rest is what is left of the log.
func (d *daemon) rest() io.Reader {
	r, w := io.Pipe()
	go func() {
		for d.log.Scan() {
			_, _ = w.Write(d.log.Bytes())
		}
		w.Close()
	}()
	return r
}

// A daemon's life: the service manager is told, the configuration is read again,
// a bad one is not used, SIGTERM ends it in order; killed, it starts again.
func TestServeFromStartToEnd(t *testing.T) {
	folder, err := os.MkdirTemp("", "tocsin") // t.TempDir's are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	config := filepath.Join(folder, "tocsin.yaml")
	write := func(text string) {
		t.Helper()
		text = "data: state\nlisten: 127.0.0.1:0\nconsole: 127.0.0.1:0\nsources: [dir:logs]\n" + text
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(folder, "notify")
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	expect := func(want string) {
		t.Helper()
		if err := told.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		n, err := told.Read(b)
		if err != nil || string(b[:n]) != want {
			t.Fatalf("the service manager is told %q, %v, want %q", b[:n], err, want)
		}
	}

	write("")
	d := serve(t, "--config", config)
	d.until(`"ready"`)
	expect("READY=1")
	write("smtp: {url: 'smtp://u:hunter2@h'}\n")
	d.signal(syscall.SIGHUP)
	if line := d.until("is not used"); !strings.Contains(line, "a password does not stand here itself") || strings.Contains(line, "hunter2") {
		t.Errorf("of a bad configuration the log says %s", line)
	}
	expect("RELOADING=1")
	expect("READY=1")
	write("pack: all\n")
	d.signal(syscall.SIGHUP)
	d.until("alarms were made")
	expect("RELOADING=1")
	expect("READY=1")
	d.signal(syscall.SIGTERM)
	d.until(`"stopping"`)
	expect("STOPPING=1")
	if code := d.end(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	if text := d.out.String(); !strings.Contains(text, "for the first time") || !strings.Contains(text, "AWS_SECRET_ACCESS_KEY=") || !strings.Contains(text, "tocsin synth --story takeover") {
		t.Errorf("the first start says\n%s", text)
	}

	d = serve(t, "--config", config)
	d.until(`"ready"`)
	expect("READY=1")
	second := serve(t, "--config", config)
	second.until("in use by process")
	if code := second.end(); code != 1 {
		t.Errorf("a second one on the same data ended with %d", code)
	}
	d.signal(syscall.SIGKILL)
	d.end()
	if text := d.out.String(); strings.Contains(text, "SECRET") || strings.Contains(text, "first time") {
		t.Errorf("the second start says\n%s", text)
	}

	d = serve(t, "--config", config)
	d.until(`"ready"`)
	d.signal(syscall.SIGINT)
	if code := d.end(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
}
