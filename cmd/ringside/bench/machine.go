package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine describes where the figures come from.
func machine() string {
	text := fmt.Sprintf("%s/%s, %d cores, shared by server and load, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if model := proc("/proc/cpuinfo", "model name"); model != "" {
		text += ", " + model
	}
	if kb, err := strconv.ParseInt(strings.TrimSuffix(proc("/proc/meminfo", "MemTotal"), " kB"), 10, 64); err == nil {
		text += fmt.Sprintf(", %d GB", (kb+1<<19)>>20)
	}
	return text + ". Files were in the system's cache; commits waited for the disk."
}

// proc reads one line "key: value" of a Linux status file; elsewhere it is empty.
func proc(file, key string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if k, v, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// memoryMost is the most memory a process ever held, in bytes; known is false
// where the system does not tell.
func memoryMost(pid int) (bytes int64, known bool) {
	kb, err := strconv.ParseInt(strings.TrimSuffix(proc(fmt.Sprintf("/proc/%d/status", pid), "VmHWM"), " kB"), 10, 64)
	return kb << 10, err == nil
}

// watchEvery is how often a process is asked how much memory it has held so far.
const watchEvery = 5 * time.Millisecond

// watched runs a command to its end and returns what it said, and the most memory it
// held. That is asked of it while it runs: what the system tells of a process that
// has ended is kept across execve (getrusage(2)), so it begins with the memory of
// whoever started it, and this process holds a whole run's posts.
func watched(c *exec.Cmd) (said []byte, most int64, known bool, err error) {
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		return nil, 0, false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		if held, tells := memoryMost(c.Process.Pid); tells {
			most, known = max(most, held), true
		}
		select {
		case err := <-ended:
			return out.Bytes(), most, known, err
		case <-time.After(watchEvery):
		}
	}
}

// worked is the processor time of a process so far, all of its threads together; ok is
// false where the system does not tell. Linux tells it in hundredths of a second.
func worked(process int) (took time.Duration, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0, false
	}
	// The name, which may hold anything, stands in brackets; the times are the 12th and
	// 13th field behind it.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, false
	}
	user, userErr := strconv.Atoi(fields[11])
	system, systemErr := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, userErr == nil && systemErr == nil
}
