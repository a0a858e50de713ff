package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"tocsin/app"
	"tocsin/web/api"
)

type demoOptions struct {
	stay    bool
	keep    string
	length  time.Duration
	console string
}

func newDemo(s Streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:     "demo",
		GroupID: "serve",
		Short:   "Watch an account being attacked, and get the mails",
		Long: `Runs tocsin serve on an empty temporary directory, with the CIS alarms, a mailbox
of its own and a synthetic account in which somebody has found an access key. Three
hours of its log files are played in twenty seconds; each alarm that rings becomes
a mail, one of which is shown at the end, with what its command finds. Nothing leaves
this machine, and nothing is left on it without --keep.`,
		Example: `  tocsin demo
  tocsin demo --stay                       look at the status page afterwards
  tocsin demo --keep demo                  search in it afterwards`,
		Args: noArgs,
		Annotations: map[string]string{exitCodes: `0  the alarms rang
1  they did not, or it was interrupted
2  wrong usage`},
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), o, s) },
	}
	cmd.Flags().BoolVar(&o.stay, "stay", false, "go on running after the story, with its status page, until Ctrl-C")
	cmd.Flags().StringVar(&o.keep, "keep", "", "play in this `DIR`, which must not exist yet, and leave it there")
	cmd.Flags().DurationVar(&o.length, "length", demoLength, "play the story in this `DURATION`, such as 60s")
	cmd.Flags().StringVar(&o.console, "console", "127.0.0.1:0", "serve the status page at `ADDRESS`; port 0 is any that is free")
	completeFolders(cmd, "keep")
	completeNothing(cmd, "length", "console")
	return cmd
}

// demoAddress is who the demo tells.
const demoAddress = "security@example.com"

// A demo is what runs, and what became of it.
type demo struct {
	s       Streams
	sc      screen
	sink    *mailSink
	log     *os.File
	trail   string
	data    string
	files   atomic.Int64
	events  atomic.Int64
	started time.Time
	rows    layout
	bar     *demoBar
	mails   []sinkMail // of alarms
}

// folder makes the folder that the demo plays in; leave is called at the end.
func (o *demoOptions) folder() (dir string, leave func() error, err error) {
	if o.keep == "" {
		dir, err = os.MkdirTemp("", "tocsin-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	switch err := os.Mkdir(o.keep, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return "", nil, usagef("--keep: %s exists; name a folder that does not", o.keep)
	case err != nil:
		return "", nil, usagef("--keep: %w", err)
	}
	dir, err = filepath.Abs(o.keep)
	return dir, func() error { return nil }, err
}

func runDemo(ctx context.Context, o demoOptions, s Streams) (err error) {
	if o.length < time.Second || o.length > time.Hour {
		return usagef("--length %s: between a second and an hour", o.length)
	}
	dir, leave, err := o.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	d := &demo{s: s, sc: newScreen(s.Out, s.Getenv), trail: filepath.Join(dir, "trail"), data: filepath.Join(dir, "data")}
	if d.log, err = os.Create(filepath.Join(dir, "log.txt")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.log.Close()) }()

	sink, listener, err := newMailSink()
	if err != nil {
		return err
	}
	d.sink = sink
	served := make(chan error, 1)
	go func() { served <- sink.server.Serve(listener) }()
	defer func() { err = errors.Join(err, sink.server.Close(), onlyReal(<-served)) }()

	a, err := d.open(ctx, o)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()
	if err := d.confirm(ctx); err != nil {
		return err
	}
	d.begin(a, o.length)
	if err := d.play(ctx, a, o.length); err != nil {
		return err
	}
	d.showMail()
	if err := d.runCommand(ctx); err != nil {
		return err
	}
	d.next(o)
	if o.stay {
		d.say("Still running: %s shows all of it. Ctrl-C ends it.", d.sc.paint(bold, a.ConsoleURL()))
		return d.follow(ctx)
	}
	return nil
}

// open makes the chain, on loopback and the demo's folder alone.
func (d *demo) open(ctx context.Context, o demoOptions) (*app.App, error) {
	if err := os.Mkdir(d.trail, 0o700); err != nil {
		return nil, err
	}
	var flags []app.Setting
	for _, f := range [][2]string{
		{"data", d.data},
		{"source", "dir:" + d.trail},
		{"subscribe", "email:" + demoAddress},
		{"smtp", "smtp://" + d.sink.addr},
		{"from", "tocsin@example.com"},
		{"listen", "127.0.0.1:0"},
		{"console", o.console},
		{"account", "111122223333"},
		{"region", "eu-west-1"},
	} {
		for _, c := range configFlags {
			if c.name == f[0] {
				flags = append(flags, app.Setting{Flag: "--" + f[0], Key: c.key, Text: f[1]})
			}
		}
	}
	c, err := app.Load(app.Setup{Flags: flags, Getenv: func(string) string { return "" }})
	if err != nil {
		return nil, err
	}
	return app.New(ctx, c, app.Options{Log: slog.New(slog.NewTextHandler(d.log, nil)), Now: d.s.Now, Version: thisBuild().Version})
}

// demoPatience is how long the last mails may take after the last log file.
const demoPatience = time.Minute

// demoPause is how long no mail comes when there are no more.
const demoPause = time.Second

// stored is how many events are kept by now.
func (d *demo) stored(ctx context.Context) (int64, error) {
	o := storedOptions{data: d.data}
	a, done, err := o.open(ctx, d.s)
	if err != nil {
		return 0, err
	}
	answer, err := a.Count(ctx, api.SearchRequest{})
	return answer.Count, errors.Join(err, done())
}

// play plays the story and shows each mail as it comes.
func (d *demo) play(ctx context.Context, a *app.App, length time.Duration) error {
	files, err := makeDemoStory(d.s.Now().Add(-demoSpan))
	if err != nil {
		return err
	}
	d.showTitles()
	played := make(chan error, 1)
	playing, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		if played != nil {
			<-played // it writes below a folder that is about to go
		}
	}()
	go func() {
		played <- playDemo(playing, d.trail, files, length, d.s.Now, func(events int) {
			d.files.Add(1)
			d.events.Add(int64(events))
		})
	}()
	d.bar = newDemoBar(d.s, int64(len(files)))
	defer d.bar.clear()
	drawing := time.NewTicker(meterEvery)
	defer drawing.Stop()
	var quiet <-chan time.Time
	settled := false // all that was played is stored, and all who have to know were told
	last := time.NewTimer(time.Hour)
	defer last.Stop()
	for {
		select {
		case <-drawing.C:
			d.bar.draw(d.files.Load(), d.events.Load())
		case m := <-d.sink.mails:
			d.show(m)
			if quiet != nil {
				last.Reset(demoPause)
			}
		case err := <-played:
			played = nil
			if err != nil {
				return err
			}
			quiet = time.After(demoPatience)
			last.Reset(demoPause / 2)
		case <-last.C:
			switch {
			case settled && len(d.mails) > 0:
				return nil
			case !settled:
				stored, err := d.stored(ctx)
				if err != nil {
					return err
				}
				busy, err := a.Busy(ctx)
				if err != nil {
					return err
				}
				settled = stored == d.events.Load() && !busy
			}
			last.Reset(demoPause)
		case <-quiet:
			if len(d.mails) == 0 {
				return fmt.Errorf("no alarm rang within %s of the last log file", demoPatience)
			}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// confirm follows the link of the mail that asks whether the address wants to be told.
func (d *demo) confirm(ctx context.Context) error {
	wait, stop := context.WithTimeout(ctx, demoPatience)
	defer stop()
	select {
	case <-wait.Done():
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("the mail that asks to confirm did not come: %w", wait.Err())
	case m := <-d.sink.mails:
		link := confirmLink.FindString(m.text)
		at, err := url.Parse(link)
		if link == "" || err != nil {
			return fmt.Errorf("the first mail, %q, has no link that confirms", m.subject)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, link, strings.NewReader(at.RawQuery))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		if err := answer.Body.Close(); err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the link that confirms answered with %s", answer.Status)
		}
		return nil
	}
}

// confirmLink finds the link that confirms in the text of a mail.
var confirmLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/confirmation\S*`)

// follow shows what else comes until the end.
func (d *demo) follow(ctx context.Context) error {
	for {
		select {
		case m := <-d.sink.mails:
			d.show(m)
		case <-ctx.Done():
			return nil
		}
	}
}

// onlyReal leaves out what a server says when it was closed.
func onlyReal(err error) error {
	if err == nil || errors.Is(err, io.EOF) || strings.Contains(err.Error(), "closed") {
		return nil
	}
	return err
}
