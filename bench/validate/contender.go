package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// A contender is a command that validates a mirror.
type contender struct {
	name string
	args []string
	env  []string
	once bool // it is slow: one run will do
	read func(stdout []byte) (verdict, error)
}

// A verdict is what a command says about the log files.
type verdict struct{ valid, total int64 }

// A result is what one run took.
type result struct {
	verdict
	wall, processor time.Duration
	resident        int64 // bytes, at most
}

func (o options) contenders(m *mirror, s *server, aws string) []contender {
	env := append(
		os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		"AWS_ENDPOINT_URL_S3="+s.url, "AWS_ENDPOINT_URL_CLOUDTRAIL="+s.url, "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	)
	end := m.end.Format(time.RFC3339)
	ours := []string{o.binary, "validate-logs", "--json", "--public-keys", m.keysFile(), "--end-time", end}
	all := []contender{
		{name: "tocsin, a folder", args: append(ours[:len(ours):len(ours)], m.dir), env: env, read: readOurs},
		{name: "tocsin, the bucket", args: append(ours[:len(ours):len(ours)], "s3://"+bucket), env: env, read: readOurs},
	}
	if aws != "" {
		all = append(all, contender{
			name: "AWS CLI, the bucket", env: env, once: true, read: readTheirs,
			args: []string{
				aws, "--endpoint-url", s.url, "cloudtrail", "validate-logs", "--trail-arn", arn, "--s3-bucket", bucket,
				"--start-time", start.Format(time.RFC3339), "--end-time", end,
			},
		})
	}
	return all
}

func (c contender) run(ctx context.Context) (result, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, &out, &errs
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	// Other exit codes say that something was found.
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	v, err := c.read(out.Bytes())
	if err != nil {
		return result{}, fmt.Errorf("%s: %w: %s", c.name, err, errs.String())
	}
	resident, err := peakMemory(cmd.ProcessState)
	return result{v, wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), resident}, err
}

func readOurs(text []byte) (verdict, error) {
	var report struct {
		Chains []struct {
			LogFiles struct{ Valid, Invalid, Missing, Unreadable int64 } `json:"log_files"`
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return verdict{}, err
	}
	var v verdict
	for _, c := range report.Chains {
		v.valid += c.LogFiles.Valid
		v.total += c.LogFiles.Valid + c.LogFiles.Invalid + c.LogFiles.Missing + c.LogFiles.Unreadable
	}
	return v, nil
}

var theirSum = regexp.MustCompile(`(?m)^(\d+)/(\d+) log files valid`)

func readTheirs(text []byte) (verdict, error) {
	m := theirSum.FindSubmatch(text)
	if m == nil {
		return verdict{}, fmt.Errorf("no sum of log files in %q", text)
	}
	valid, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return verdict{}, err
	}
	total, err := strconv.ParseInt(string(m[2]), 10, 64)
	return verdict{valid, total}, err
}
