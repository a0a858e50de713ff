package ingest

import "sync"

// Stats count what an Ingest did since it was made; a Put is a file to them. Of one Stats
//
//	FilesTaken    = FilesCommitted + FilesDuplicate + FilesGivenUp + FilesFailed + FilesInFlight
//	RecordsRead   = RecordsStored + RecordsDuplicate + RecordsRejected
//
// hold at any time.
type Stats struct {
	FilesTaken     int64
	FilesCommitted int64 // taken in
	FilesDuplicate int64 // taken in before
	FilesGivenUp   int64 // marked with a problem: nothing in them can be read, or they are gone
	FilesFailed    int64 // given back to their source
	FilesInFlight  int64

	// Records are counted when it is settled what becomes of them. A file that is
	// given back counts with those of its parts that were written.
	RecordsRead      int64
	RecordsStored    int64
	RecordsDuplicate int64
	RecordsRejected  int64 // no events
	RecordsUndated   int64 // of those stored, the ones that count in no metric

	BytesRead   int64 // of records settled
	BytesStored int64 // of blocks written

	Commits        int64
	CommitFailures int64 // attempts that the database refused
	CommitRedone   int64 // attempts that began anew since something had changed

	InFlight int64 // bytes of records that wait
	IDs      int64 // ids held to know repeats by
}

// Stats are the counts so far.
func (in *Ingest) Stats() Stats {
	in.counts.mu.Lock()
	s := in.counts.stats
	in.counts.mu.Unlock()
	s.FilesInFlight = s.FilesTaken - s.FilesCommitted - s.FilesDuplicate - s.FilesGivenUp - s.FilesFailed
	s.InFlight = in.room.taken()
	return s
}

// counts are the Stats that grow.
type counts struct {
	mu    sync.Mutex
	stats Stats // guarded by mu
}

func (c *counts) add(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}
