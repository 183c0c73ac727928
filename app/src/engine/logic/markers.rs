//! Control records in words (`org.apache.kafka.common.record.ControlRecordType`).

/// Says what a control record with this key marks, for a producer and its epoch.
pub fn marker_words(key: Option<&[u8]>, producer_id: i64, producer_epoch: i16) -> String {
    // Version and type, two bytes each.
    let kind = match key {
        Some([_, _, high, low, ..]) => i16::from_be_bytes([*high, *low]),
        _ => return "control record without a type".to_owned(),
    };
    let of_producer = format!("of producer {producer_id}, epoch {producer_epoch}");
    match kind {
        0 => format!("abort marker {of_producer}"),
        1 => format!("commit marker {of_producer}"),
        2 => "leader change".to_owned(),
        3 => "snapshot header".to_owned(),
        4 => "snapshot footer".to_owned(),
        5 => "KRaft version".to_owned(),
        6 => "KRaft voters".to_owned(),
        other => format!("control record of the unknown type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_have_kafkas_numbers() {
        let words = |kind: i16| marker_words(Some(&[&[0, 0][..], &kind.to_be_bytes()].concat()), 28, 3);
        assert_eq!(words(0), "abort marker of producer 28, epoch 3");
        assert_eq!(words(1), "commit marker of producer 28, epoch 3");
        assert_eq!(words(2), "leader change");
        assert_eq!(words(-1), "control record of the unknown type -1");
        assert_eq!(marker_words(Some(&[0, 0, 1]), 1, 1), "control record without a type");
        assert_eq!(marker_words(None, 1, 1), "control record without a type");
    }
}
