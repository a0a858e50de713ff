package flow

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"

	"tocsin/core/digest"
	"tocsin/core/gunzip"
	"tocsin/source"
)

// Limits of what is read.
const (
	// maxDigest is the uncompressed size of a digest: some 150,000 log files.
	maxDigest = 64 << 20
	// largeDigest is the size of one that is looked at alone: anyone who may write
	// to the bucket can put things there that grow a thousandfold in memory.
	largeDigest = 4 << 20
	// maxLog is the uncompressed size of a log file; CloudTrail's have up to
	// 50 MB compressed.
	maxLog = 8 << 30
)

// A DigestResult is what was found at the place of a digest.
type DigestResult struct {
	digest.Checked
	// Logs are the log files of a valid digest, in its order.
	Logs []LogResult
}

// A LogResult is what was found at the place of a log file.
type LogResult struct {
	digest.Log
	Verdict digest.Verdict
	// Earlier: it was not read, an earlier run had found it valid.
	Earlier bool
}

// A reading is what the passes over all chains share: the objects, the workers
// that read log files, and how far they are.
type reading struct {
	objects  source.Objects
	jobs     chan<- logJob
	progress *ValidateProgress
	// mirror: the objects are a directory. Metadata may lack there, and is
	// looked for in the digest after.
	mirror bool
	// done knows the digests that an earlier run was through with; may be nil.
	done *Done
	// unzippers are *gunzip.Reader that are not in use.
	unzippers sync.Pool
	// large is held by the one digest of more than largeDigest that is in memory
	// before its signature is known to be right.
	large sync.Mutex
}

// A logJob is a log file to check; the result goes to *into.
type logJob struct {
	ctx  context.Context
	into *LogResult
	done *sync.WaitGroup
}

// readLogs checks log files until there are no more.
func (r *reading) readLogs(jobs <-chan logJob) {
	h := digest.NewHasher(maxLog)
	for j := range jobs {
		j.into.Verdict = r.checkLog(j.ctx, h, j.into.Log)
		r.progress.LogFiles.Add(1)
		j.done.Done()
	}
}

func (r *reading) checkLog(ctx context.Context, h *digest.Hasher, l digest.Log) digest.Verdict {
	o, err := r.objects.Get(ctx, l.Place.Bucket, l.Place.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return digest.Verdict{Reason: digest.NotFound}
	case err != nil:
		return digest.Verdict{Reason: digest.Unreadable, Detail: err}
	}
	defer o.Body.Close() // it was only read: nothing is lost with an error
	v, n := h.Check(l, within{ctx, o.Body})
	r.progress.Bytes.Add(n)
	return v
}

// read gets a digest file of at most so many bytes. An error is a fault of the source.
func (r *reading) read(ctx context.Context, at digest.Place, limit int64) (digest.Object, error) {
	got, err := r.objects.Get(ctx, at.Bucket, at.Key)
	if err != nil {
		return digest.Object{}, err
	}
	defer got.Body.Close() // it was only read: nothing is lost with an error
	src := &remembering{r: within{ctx, got.Body}}
	o := digest.Object{Place: at, Metadata: got.Metadata}
	z, ok := r.unzippers.Get().(*gunzip.Reader)
	if !ok {
		z = new(gunzip.Reader)
	}
	o.Text, o.Damage = digest.Inflate(z, src, limit)
	r.unzippers.Put(z)
	return o, src.err
}

// A remembering reader keeps the error of its source, which is no damage of what
// the source holds.
type remembering struct {
	r   io.Reader
	err error
}

func (m *remembering) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// examine reads and verifies a digest, and checks the log files of a valid one.
// newer is the digest that perhaps names it; it is looked into only for a mirror.
func (r *reading) examine(ctx context.Context, keys *keyring, at, newer digest.Place) *DigestResult {
	d := &DigestResult{Checked: digest.Checked{Place: at}}
	o, err := r.read(ctx, at, largeDigest)
	alone := errors.Is(o.Damage, digest.ErrTooLong)
	if alone {
		r.large.Lock()
		defer r.large.Unlock()
		o, err = r.read(ctx, at, maxDigest)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.Verdict = digest.Verdict{Reason: digest.NotFound}
		return d
	case err != nil:
		d.Verdict = digest.Verdict{Reason: digest.Unreadable, Detail: err}
		return d
	}
	if r.mirror && o.Metadata[digest.MetaSignature] == "" {
		r.signatureFrom(ctx, newer, alone, &o)
	}
	if d.Checked, err = keys.verify(ctx, o); err != nil {
		d.Verdict = digest.Verdict{Reason: digest.Unreadable, Detail: err}
	}
	if r.mirror && d.Verdict.Reason == digest.NoSignature {
		d.Verdict.Detail = errors.New("keep what aws s3api head-object prints beside it, in a file of its name and " + source.MetadataSuffix)
	}
	r.progress.Digests.Add(1)
	if d.Verdict.Valid() {
		d.Logs = r.checkLogs(ctx, d)
		d.File.Logs = nil // they are in d.Logs now
	}
	return d
}

func (r *reading) checkLogs(ctx context.Context, d *DigestResult) []LogResult {
	results := make([]LogResult, len(d.File.Logs))
	earlier := r.done.has(d.Hash)
	var open sync.WaitGroup
	for i, l := range d.File.Logs {
		results[i] = LogResult{Log: l, Earlier: earlier}
		if earlier {
			continue
		}
		open.Add(1)
		r.jobs <- logJob{ctx, &results[i], &open}
	}
	open.Wait()
	return results
}

// ahead is how many digests of a chain are worked on at a time.
const ahead = 8

// A pass goes over the listed digests of a chain.
type pass struct {
	*reading
	keys   *keyring
	bucket string
	listed []string // oldest first
}

// newestFirst examines all listed digests, several at a time, and gives the
// results in order, newest first, until visit returns false or ctx ends.
func (p pass) newestFirst(ctx context.Context, visit func(*DigestResult) bool) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan chan *DigestResult, ahead)
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() {
		defer close(queue)
		for i := len(p.listed) - 1; i >= 0; i-- {
			result := make(chan *DigestResult, 1)
			select {
			case queue <- result: // at most so many wait to be visited
			case <-ctx.Done():
				return
			}
			at, newer := digest.Place{Bucket: p.bucket, Key: p.listed[i]}, digest.Place{}
			if i+1 < len(p.listed) {
				newer = digest.Place{Bucket: p.bucket, Key: p.listed[i+1]}
			}
			working.Go(func() { result <- p.examine(ctx, p.keys, at, newer) })
		}
	})
	for result := range queue {
		if d := <-result; ctx.Err() != nil || !visit(d) {
			stop()
			break
		}
	}
	for range queue { // so that the one who fills it can end
	}
}

// within is a reader that ends with its context.
type within struct {
	ctx context.Context
	r   io.Reader
}

func (w within) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(p)
}
