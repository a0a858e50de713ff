package topic

import (
	"fmt"
	"strings"
	"time"
)

// maxBatch is the number of entries of PublishBatch, maxEntryID the length of
// their ids. [SNS API]
const (
	maxBatch   = 10
	maxEntryID = 80
)

// A BatchEntry is one entry of PublishBatch.
type BatchEntry struct {
	ID string
	Publication
}

// CheckBatch makes the messages of a batch, in order; newID is asked for an id
// for each. A fault in one entry refuses the whole call. [recorded]
func CheckBatch(entries []BatchEntry, newID func() string, at time.Time) ([]Message, error) {
	if err := checkEntries(entries); err != nil {
		return nil, err
	}
	messages := make([]Message, len(entries))
	for i, e := range entries {
		m, err := e.check(fmt.Sprintf("publishBatchRequestEntries.%d.member.", i+1), newID(), at)
		if err != nil {
			return nil, err
		}
		messages[i] = m
	}
	return messages, nil
}

// checkEntries checks what concerns the batch as a whole.
func checkEntries(entries []BatchEntry) error {
	switch {
	case len(entries) == 0:
		return &InvalidError{Code: "EmptyBatchRequest", Message: "The batch request doesn't contain any entries."}
	case len(entries) > maxBatch:
		return &InvalidError{Code: "TooManyEntriesInBatchRequest", Message: "The batch request contains more entries than permissible."}
	}
	ids, size := map[string]bool{}, 0
	for _, e := range entries {
		switch {
		case len(e.ID) > maxEntryID:
			return &InvalidError{Code: "InvalidBatchEntryId", Message: "The Id of a batch entry in the batch request is too long: " + e.ID}
		case e.ID == "" || strings.ContainsFunc(e.ID, notInName):
			return &InvalidError{Code: "InvalidBatchEntryId", Message: "The Id of a batch entry in the batch request contains an impermissible character: " + e.ID}
		case ids[e.ID]:
			return &InvalidError{Code: "BatchEntryIdsNotDistinct", Message: "Two or more batch entries in the request have the same Id."}
		}
		ids[e.ID] = true
		size += e.size()
	}
	if size > maxMessage {
		return &InvalidError{Code: "BatchRequestTooLong", Message: "The length of all the messages put together is more than the limit."}
	}
	return nil
}
