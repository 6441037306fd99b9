package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
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
