package export_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/result"
	"google.golang.org/protobuf/encoding/protowire"
)

// field is a field of a message.
type field struct {
	number protowire.Number
	whole  uint64
	data   []byte
}

func fields(t *testing.T, m []byte) (all []field) {
	t.Helper()
	for len(m) > 0 {
		number, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m = m[n:]
		f := field{number: number}
		if kind == protowire.BytesType {
			f.data, n = protowire.ConsumeBytes(m)
		} else {
			f.whole, n = protowire.ConsumeVarint(m)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		all, m = append(all, f), m[n:]
	}
	return all
}

// records reads a .wandb file: chunks in blocks of 32 KiB.
func records(t *testing.T, file []byte) (all [][]byte) {
	t.Helper()
	if !bytes.HasPrefix(file, []byte(":W&B\xe1\xbe\x00")) {
		t.Fatalf("begins with %q", file[:7])
	}
	var record []byte
	for at := 7; at < len(file); {
		if left := 32768 - at%32768; left < 7 {
			at += left
			continue
		}
		n, kind := int(binary.LittleEndian.Uint16(file[at+4:])), file[at+6]
		if crc := crc32.ChecksumIEEE(file[at+6 : at+7+n]); crc != binary.LittleEndian.Uint32(file[at:]) {
			t.Fatalf("checksum at %d", at)
		}
		if at/32768 != (at+6+n)/32768 {
			t.Fatalf("chunk at %d crosses a block", at)
		}
		record = append(record, file[at+7:at+7+n]...)
		if kind == 1 || kind == 4 {
			all, record = append(all, record), nil
		}
		at += 7 + n
	}
	return all
}

// texts are the items of a message: key=value_json.
func texts(t *testing.T, m []byte) (all []string) {
	for _, f := range fields(t, m) {
		if f.number != 1 {
			continue
		}
		var key, text string
		for _, g := range fields(t, f.data) {
			switch g.number {
			case 1:
				key = string(g.data)
			case 16:
				text = string(g.data)
			}
		}
		all = append(all, key+"="+text)
	}
	return all
}

func TestWandB(t *testing.T) {
	dir, to := experiment(t), t.TempDir()
	written, err := export.WriteWandB(to, "", open(t, dir))
	if err != nil || len(written) != 3 {
		t.Fatalf("%v, %v", written, err)
	}
	want := filepath.Join(to, "wandb", "offline-run-20260504_030201-aaaaaaaa")
	if written[0] != want {
		t.Errorf("wrote %s, want %s", written[0], want)
	}
	file, err := os.ReadFile(filepath.Join(want, "run-aaaaaaaa.wandb"))
	must(t, err)
	var history, summary, names []string
	for _, r := range records(t, file) {
		for _, f := range fields(t, r) {
			switch f.number {
			case 2:
				history = append(history, strings.Join(texts(t, f.data), " "))
			case 3:
				summary = texts(t, f.data)
			case 6:
				names = append(names, string(fields(t, fields(t, f.data)[0].data)[0].data))
			}
		}
	}
	if len(history) != 4 || !strings.Contains(history[3], "_step=3") || !strings.HasPrefix(history[1], `evaluations=2 rate=0.1 total=0.13 style=0.13 style/conv1_1=0.1 _step=1 _runtime=0.75 _timestamp=`) {
		t.Errorf("history %q", history)
	}
	if !strings.Contains(history[0], `"_type":"image-file"`) || !strings.Contains(history[0], `yardstick/style/relu1_1=3`) {
		t.Errorf("first step %s", history[0])
	}
	for _, s := range []string{"total=0.125", "measure/gram_cosine/relu1_1=0.75", "measure/ssim=NaN"} {
		if !slices.Contains(summary, s) {
			t.Errorf("summary %q without %s", summary, s)
		}
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(want, "files", name)); err != nil {
			t.Error(err)
		}
	}
	if !slices.Contains(names, "config.toml") || len(names) < 4 {
		t.Errorf("files %q", names)
	}

	// Tags and notes go along, and a change of them makes a run be sent again.
	must(t, result.WriteTagging(dir, &result.Tagging{Runs: []string{"aaaaaaaa"}, Add: []string{"best"}}))
	if again, err := export.WriteWandB(to, "", open(t, dir)); err != nil || len(again) != 1 || again[0] != want {
		t.Fatalf("%v, %v", again, err)
	}
	file, err = os.ReadFile(filepath.Join(want, "run-aaaaaaaa.wandb"))
	must(t, err)
	if !strings.Contains(string(file), "\x52\x04best") { // field 10 of RunRecord
		t.Error("the tag is not there")
	}

	// Again, nothing is touched; a run that has continued is sent again.
	synced := filepath.Join(written[2], "run-cccccccc.wandb.synced")
	must(t, os.WriteFile(synced, nil, 0o666))
	if again, err := export.WriteWandB(to, "", open(t, dir)); err != nil || len(again) != 0 {
		t.Fatalf("%v, %v", again, err)
	}
	attempts, err := filepath.Glob(filepath.Join(dir, "*", "*", "metrics.csv"))
	must(t, err)
	if len(attempts) == 0 {
		attempts, _ = filepath.Glob(filepath.Join(dir, "*", "*", "*", "metrics.csv"))
	}
	f, err := os.OpenFile(attempts[0], os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(",0.1,1,1,1,6\n")
	must(t, err)
	must(t, f.Close())
	if again, err := export.WriteWandB(to, "", open(t, dir)); err != nil || len(again) != 1 || again[0] != written[2] {
		t.Fatalf("%v, %v", again, err)
	}
	if _, err := os.Stat(synced); !os.IsNotExist(err) {
		t.Error("a run that has continued counts as sent")
	}
}

// A record longer than a block is in chunks.
func TestWandBLongRecords(t *testing.T) {
	dir := experiment(t)
	config := filepath.Join(dir, "w=1-aaaa", "config.toml")
	data, err := os.ReadFile(config)
	must(t, err)
	for _, n := range []int{32600, 32768, 70_000} {
		must(t, os.WriteFile(config, append([]byte("note = \""+strings.Repeat("x", n)+"\"\n"), data...), 0o666))
		written, err := export.WriteWandB(t.TempDir(), "", open(t, dir))
		must(t, err)
		file, err := os.ReadFile(filepath.Join(written[0], "run-aaaaaaaa.wandb"))
		must(t, err)
		all := records(t, file)
		if !slices.ContainsFunc(all, func(r []byte) bool { return bytes.Contains(r, []byte(strings.Repeat("x", n))) }) {
			t.Errorf("%d bytes: the value is not in one of the %d records", n, len(all))
		}
	}
}

func TestWandBProject(t *testing.T) {
	_, err := export.WriteWandB(t.TempDir(), "a/b", open(t, experiment(t)))
	if err == nil || !strings.Contains(err.Error(), "--project") {
		t.Error(err)
	}
}
