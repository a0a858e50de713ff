package gunzip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
)

// A sample is a text to compress.
type sample struct {
	name string
	text []byte
}

// samples are texts of up to n bytes, with much and little to match in them, near
// and far.
func samples(n int) []sample {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, n)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	// Few letters, unevenly: many lengths of codes, short matches.
	letters := make([]byte, n)
	for i := range letters {
		letters[i] = "etaoinshrdlu"[min(random.IntN(12), random.IntN(12))]
	}
	// The distance of each repetition is its own: 1 to 40, and around the farthest.
	var runs, far []byte
	for i := 1; len(runs) < n; i = i%40 + 1 {
		runs = append(runs, noise[:i]...)
		for range 300 / i {
			runs = append(runs, noise[:i]...)
		}
	}
	for i := pastSize - 30; len(far) < n; i++ {
		far = append(far, noise[:min(i, n)]...)
	}
	return []sample{
		{"nothing", nil},
		{"a byte", []byte("x")},
		{"zeros", make([]byte, n)},
		{"noise", noise},
		{"letters", letters},
		{"runs", runs[:n]},
		{"far", far[:n]},
		{"records", records(n)},
	}
}

// records is text like that of log files.
func records(n int) []byte {
	random := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for b.Len() < n {
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:session","accountId":"%012d"},`+
			`"eventTime":"2026-03-%02dT%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","sourceIPAddress":"198.51.100.%d",`+
			`"requestParameters":null,"responseElements":null,"eventID":"%08x-%04x-%04x"},`,
			random.Uint64(), random.IntN(5), 1+random.IntN(28), random.IntN(24), random.IntN(60), random.IntN(60),
			[]string{"s3", "ec2", "iam", "sts", "kms"}[random.IntN(5)], []string{"GetObject", "DescribeInstances", "AssumeRole", "Decrypt"}[random.IntN(4)],
			random.IntN(256), random.Uint32(), random.IntN(1<<16), random.IntN(1<<16))
	}
	return b.Bytes()[:n]
}

// zlib compresses with the gzip command, whose blocks are not like those of Go's
// compressor; it skips the test when there is no such command.
func zlib(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	if _, err := exec.LookPath("gzip"); err != nil {
		t.Skip("there is no gzip command here")
	}
	cmd := exec.Command("gzip", fmt.Sprintf("-%d", level), "-n", "-c")
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
