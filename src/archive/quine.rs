//! A gzip file that unpacks to itself, built for tests.

/// A gzip file that unpacks to itself, after Russ Cox. Every line of it is a stored block of whole lines or the
/// repetition of the last ones; the checksum stands in it twice and is the solution of a linear system.
pub(super) fn quine() -> Vec<u8> {
    let literal = |size: u16| [&[0][..], &size.to_le_bytes(), &(!size).to_le_bytes()].concat();
    let repeat = |size: u64| {
        let (mut bits, mut at) = (0b010_u64, 3);
        for length in [size / 2, size - size / 2] {
            for (value, width) in [((length - 2).reverse_bits() >> 57, 7), (0b00010, 5), (size - 17, 3)] {
                bits |= value << at;
                at += width;
            }
        }
        bits.to_le_bytes()[..5].to_vec()
    };
    let build = |crc: u32| {
        let head = b"\x1f\x8b\x08\x08\0\0\0\0\0\xffqq\0".to_vec();
        let (long, one, four) = (literal(18), literal(5), literal(20));
        let (again, block, nothing) = (repeat(18), repeat(20), literal(0));
        // The size is that of the whole file.
        let tail = [&again[..], &[1, 0, 0, 0xff, 0xff], &crc.to_le_bytes(), &[204, 0, 0, 0]].concat();
        let code = [
            [&head[..], &long, &head, &long, &again, &one, &again, &one, &one].concat(),
            [&four[..], &again, &one, &one, &four, &block].concat(),
            [&four[..], &block, &four, &block, &four, &block].concat(),
            [&four[..], &block, &nothing, &nothing, &long, &block].concat(),
            [&nothing[..], &nothing, &long, &tail, &tail].concat(),
        ];
        let mut bytes = code.concat();
        let size = bytes.len() as u32;
        for end in [tail.len(), 0] {
            let at = bytes.len() - end - 4;
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        bytes
    };
    let sum = |crc: u32| {
        let mut sum = flate2::Crc::new();
        sum.update(&build(crc));
        sum.sum()
    };
    // crc = sum(0) + A crc, bit by bit; so (A + 1) crc = sum(0).
    let base = sum(0);
    let columns: Vec<u32> = (0..32).map(|bit| sum(1 << bit) ^ base ^ 1 << bit).collect();
    let mut rows: Vec<(u32, bool)> = (0..32)
        .map(|row| {
            let bits = (0..32).map(|column| (columns[column] >> row & 1) << column).sum();
            (bits, base >> row & 1 == 1)
        })
        .collect();
    for bit in 0..32 {
        let pivot = (bit..32).find(|row| rows[*row].0 >> bit & 1 == 1).unwrap();
        rows.swap(bit, pivot);
        let (bits, value) = rows[bit];
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, row)| *at != bit && row.0 >> bit & 1 == 1) {
            row.0 ^= bits;
            row.1 ^= value;
        }
    }
    build(rows.iter().enumerate().map(|(bit, row)| u32::from(row.1) << bit).sum())
}
