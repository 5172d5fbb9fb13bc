// Scratch memory that is allocated once and lent to one task after another.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace framelift::stack {

class Buffers {
public:
    // `count` buffers of `bytes` at least, aligned to 64; given back when the loan ends. Throws std::bad_alloc.
    class Loan;

private:
    struct Free {
        void operator()(std::byte* memory) const { ::operator delete[](memory, std::align_val_t{64}); }
    };
    struct Buffer {
        std::unique_ptr<std::byte[], Free> memory;
        std::size_t bytes = 0;
    };

    std::mutex mutex_;
    std::vector<Buffer> idle_;
};

class Buffers::Loan {
public:
    Loan(Buffers& owner, std::size_t count, std::size_t bytes) : owner_(owner) {
        {
            std::lock_guard lock(owner.mutex_);
            while (buffers_.size() < count && !owner.idle_.empty()) {
                buffers_.push_back(std::move(owner.idle_.back()));
                owner.idle_.pop_back();
            }
        }
        buffers_.resize(count);
        for (Buffer& buffer : buffers_) {
            if (buffer.bytes >= bytes) continue;
            buffer = {};
            buffer.memory.reset(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{64})));
            buffer.bytes = bytes;
        }
        for (Buffer& buffer : buffers_) unused_.push_back(buffer.memory.get());
    }
    ~Loan() {
        std::lock_guard lock(owner_.mutex_);
        for (Buffer& buffer : buffers_) owner_.idle_.push_back(std::move(buffer));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    // For a task's duration: never more at once than `count`.
    std::byte* take() {
        std::lock_guard lock(mutex_);
        std::byte* memory = unused_.back();
        unused_.pop_back();
        return memory;
    }
    void give_back(std::byte* memory) {
        std::lock_guard lock(mutex_);
        unused_.push_back(memory);
    }

private:
    Buffers& owner_;
    std::vector<Buffer> buffers_;
    std::mutex mutex_;
    std::vector<std::byte*> unused_;
};

}  // namespace framelift::stack
