package events

import "github.com/parquet-go/parquet-go"

// row is a row of a segment as other readers of Parquet see it. The rows of a
// file are sorted by event_time and event_id and belong to one hour.
type row struct {
	Time     int64  `parquet:"event_time,delta,timestamp(millisecond:utc),uncompressed"`
	ID       string `parquet:"event_id,uuid,plain,uncompressed"`
	Ingested int64  `parquet:"ingestion_time,delta,timestamp(millisecond:utc)"`
	Stream   string `parquet:"log_stream,dict"`

	EventName       *string `parquet:"event_name,dict"`
	EventSource     *string `parquet:"event_source,dict"`
	EventType       *string `parquet:"event_type,dict"`
	EventCategory   *string `parquet:"event_category,dict"`
	AWSRegion       *string `parquet:"aws_region,dict"`
	AccountID       *string `parquet:"account_id,dict"`
	IdentityType    *string `parquet:"identity_type,dict"`
	UserName        *string `parquet:"user_name,dict"`
	PrincipalARN    *string `parquet:"principal_arn,dict"`
	AccessKeyID     *string `parquet:"access_key_id,dict"`
	InvokedBy       *string `parquet:"invoked_by,dict"`
	SourceIPAddress *string `parquet:"source_ip_address,dict"`
	UserAgent       *string `parquet:"user_agent,dict"`
	ErrorCode       *string `parquet:"error_code,dict"`

	ReadOnly  *bool         `parquet:"read_only"`
	Resources []resourceRow `parquet:"resources,list"`

	// Undecided has a bit for every column that does not tell the whole truth
	// about the record, see record.undecided; nearly always 0.
	Undecided int32  `parquet:"undecided,dict"`
	Message   string `parquet:"message,plain"`
	// Bytes is the message as it came where that is not UTF-8. Message has the
	// replacement character there: readers refuse a whole file for less.
	Bytes []byte `parquet:"message_bytes,optional,plain"`
}

// resourceRow is an element of resources.
type resourceRow struct {
	ARN  *string `parquet:"arn,dict"`
	Type *string `parquet:"type,dict"`
}

// Where the leaves of a row are. Those of the text columns begin at leafText.
const (
	leafTime = iota
	leafID
	leafIngested
	leafStream
	leafText
	leafReadOnly  = leafText + int(columns)
	leafARN       = leafReadOnly + 1
	leafType      = leafReadOnly + 2
	leafUndecided = leafReadOnly + 3
	leafMessage   = leafReadOnly + 4
	leafBytes     = leafReadOnly + 5
	leaves        = leafReadOnly + 6
)

// sizes are how segments and answers are cut up.
type sizes struct {
	// groupRows is how many rows make a row group.
	groupRows int
	// pageRows is how many rows make a page of times and ids: what is read to
	// learn when one event was.
	pageRows int
	// pageBytes is how many bytes of messages make a page, of which half is
	// decompressed on average to read one event.
	pageBytes int
	// textBytes is how many bytes a page of any other column has.
	textBytes int
	// answerBytes bounds the messages of one page of an answer, which is shorter
	// than asked for then.
	answerBytes int
}

var defaultSizes = sizes{groupRows: 64 << 10, pageRows: 4 << 10, pageBytes: 512 << 10, textBytes: 512 << 10, answerBytes: 32 << 20}

// bloomBits is the size of a filter per value: one of a hundred values that are
// not there passes.
const bloomBits = 10

// writerOptions say how segments are written.
func writerOptions(z sizes) []parquet.WriterOption {
	filters := []parquet.BloomFilterColumn{
		parquet.SplitBlockFilter(bloomBits, "event_id"),
		parquet.SplitBlockFilter(bloomBits, "resources", "list", "element", "arn"),
	}
	for _, t := range textColumns {
		if t.bloom {
			filters = append(filters, parquet.SplitBlockFilter(bloomBits, t.name))
		}
	}
	return []parquet.WriterOption{
		parquet.SchemaOf(row{}),
		parquet.CreatedBy("tocsin", "1", ""),
		parquet.Compression(newCodec()),
		parquet.DataPageVersion(1),
		parquet.BloomFilters(filters...),
		parquet.SkipPageBounds("message"),
		parquet.SkipPageStatistics("message"),
		parquet.SkipPageBounds("message_bytes"),
		parquet.SkipPageStatistics("message_bytes"),
		parquet.PageBufferSize(z.textBytes),
		parquet.SortingWriterConfig(parquet.SortingColumns(parquet.Ascending("event_time"), parquet.Ascending("event_id"))),
	}
}
